"""The example for LangChain in the documentation, run as it stands over the demo documents."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.programs.command import Vade

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow("a program of its own loads LangChain and the embedder")
def test_the_example_prints_the_sentence_that_answers(demo: Vade) -> None:
    text = (ROOT / "docs" / "retrieval.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    ended = subprocess.run(
        [sys.executable, "-c", example],
        cwd=demo.data_dir.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "leave-and-on-call-policy.pdf" in ended.stdout
    assert "31 March" in ended.stdout
