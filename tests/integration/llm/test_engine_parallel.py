"""Two processes share a model and say what one says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_engine_parity import model_and_reference
from tiny_models import random_prompts

HERE = Path(__file__).parent
MODELS = ("qwen3_moe", "deepseek_v3")
PLANS = ("tensor", "expert", "pipeline")


# Transformers places parts of a model on devices through accelerate.
pytest.importorskip("accelerate")


def test_two_processes_say_what_one_says(tmp_path):
    (tmp_path / "prompts.json").write_text(json.dumps(random_prompts(6, shared=20)))
    for name in MODELS:
        model_and_reference(name)[0].save_pretrained(tmp_path / name)
    launch = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parents[2])}
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
