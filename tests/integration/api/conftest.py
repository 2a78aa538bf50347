"""Commands in this process, as an operator gives them."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main


@pytest.fixture
def vade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what runs a command on a data folder of its own: exit code, and what it printed.

    With `--json` that is the JSON, otherwise standard output, or standard error where that is empty.
    """

    def run(*words: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["--data-dir", str(tmp_path / "data"), *words])
        shown = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(shown.out) if "--json" in words and shown.out else shown.out or shown.err

    return run
