"""Loads a folder of weights and starts an engine on it."""

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from core.errors import ModelError, UnsupportedModelError
from core.settings import EngineSettings
from llm.engine.adapters import Adapters
from llm.engine.build import build_engine, limits
from llm.engine.formats import refuse_gguf
from llm.engine.loop import EngineLoop
from llm.engine.quantization import quantize_weights
from llm.engine.serving import EngineChat
from llm.engine.support import refusal
from llm.engine.text.tokens import TokenCodec


def open_engine(
    folder: Path, settings: EngineSettings, device: str = "cpu", dtype: str = "auto"
) -> EngineChat:
    """Return the model in `folder` as a chat model, its engine running.

    `dtype` is `auto` (as stored), `bfloat16` or `float32`.
    Raises: ModelError if the folder cannot be loaded, UnsupportedModelError if the engine cannot
    run its model.
    """
    check_config(folder)
    return run_engine(folder, load_model(folder, device, dtype), settings)


def run_engine(folder: Path, model: PreTrainedModel, settings: EngineSettings) -> EngineChat:
    """Return a loaded model as a chat model, its engine running. Raises: as `open_engine`."""
    codec = load_codec(folder, model)
    quantize_weights(model, settings.weights)
    adapters = Adapters(model, settings.adapters)
    engine = build_engine(model, settings, adapters=adapters)
    loop = EngineLoop(engine, settings.background_delay_seconds)
    capacity = engine.pool.num_pages * settings.page_tokens
    context = min(limits(model, settings).max_context_tokens, capacity)
    return EngineChat(folder.name, loop, codec, context, adapters.names, engine.notices)


def check_config(folder: Path) -> None:
    """Check, before any weight is read, that the engine can run the model in `folder`.

    Raises: UnsupportedModelError if it cannot, ModelError if there is no model.
    """
    refuse_gguf(folder)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers raises errors of many kinds
        raise ModelError(f"{folder} holds no model that transformers knows: {error}") from error
    reason = refusal(config)
    if reason:
        raise UnsupportedModelError(f"{reason}; use the `hf` back end or a remote server")


def load_model(folder: Path, device: str = "cpu", dtype: str = "auto") -> PreTrainedModel:
    """Return the model, in evaluation mode; only safetensors are read, no code from the folder is run.

    Raises: ModelError.
    """
    refuse_gguf(folder)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype if dtype == "auto" else getattr(torch, dtype),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except Exception as error:  # transformers raises errors of many kinds
        raise ModelError(f"{folder} cannot be loaded: {error}") from error
    return model.to(torch.device(device)).eval()


def load_codec(folder: Path, model: PreTrainedModel) -> TokenCodec:
    """Return the model's tokenizer with every token that ends an answer.

    Raises: ModelError.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers raises errors of many kinds
        raise ModelError(f"{folder} holds no tokenizer: {error}") from error
    ends = model.generation_config.eos_token_id if model.generation_config else None
    listed = ends if isinstance(ends, list) else [ends]
    return TokenCodec(tokenizer, frozenset(end for end in listed if end is not None))
