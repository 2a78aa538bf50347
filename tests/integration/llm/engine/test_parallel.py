"""Two processes share a model and say what one says."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from integration.llm.engine.test_parity import model_and_reference
from integration.llm.tiny_models import random_prompts
from transformers.distributed import DistributedConfig

HERE = Path(__file__).parent
MODELS = ("qwen3_moe", "deepseek_v3")
# Older versions of transformers split experts and layers in other words, or not at all.
FIELDS = {field.name for field in fields(DistributedConfig)}
PLANS = [
    "tensor",
    *(["expert"] if "ep_size" in FIELDS else []),
    *(["pipeline"] if "pp_size" in FIELDS else []),
]


# Transformers places parts of a model on devices through accelerate.
pytest.importorskip("accelerate")


@pytest.mark.slow("two processes load torch and share their work")
def test_two_processes_equal_one(tmp_path):
    (tmp_path / "prompts.json").write_text(json.dumps(random_prompts(6, shared=20)))
    for name in MODELS:
        model_and_reference(name)[0].save_pretrained(tmp_path / name)
    launch = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone"]
    # The same transformers as here, and the project itself.
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[3]), *filter(None, sys.path)]),
    }
    done = subprocess.run(
        [*launch, "--nproc-per-node", "2", str(HERE / "two_processes.py"), str(tmp_path), *PLANS],
        env=environment, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads((tmp_path / "answers.json").read_text())
    for name in MODELS:
        expected = [answer[:8] for answer in model_and_reference(name)[1]]
        for plan in PLANS:
            assert said[f"{name} {plan}"] == expected, f"{name}, {plan} parallel"
