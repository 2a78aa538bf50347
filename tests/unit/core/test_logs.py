import errno
import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from core.logs import configure_logs


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    before = structlog.get_config()
    configure_logs()
    yield
    structlog.configure(**before)


def test_an_event_is_a_line_of_json_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("index.behind", follower="dense")
    told = capsys.readouterr()
    assert told.out == ""
    event = json.loads(told.err)
    assert (event["event"], event["level"], event["follower"]) == ("index.behind", "warning", "dense")


def test_an_error_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().exception("request.failed", exc_info=ValueError("the pump"))
    assert "ValueError: the pump" in json.loads(capsys.readouterr().err)["exception"]


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_logs_on_a_full_disk_are_lost_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", FullDisk())
    structlog.get_logger().info("worker.did")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    structlog.get_logger().info("worker.did")
