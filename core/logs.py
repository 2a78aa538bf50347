"""Logs: JSON lines on stderr, so that stdout contains only the output that the user asked for."""

import logging
import sys

import structlog

from core.text.printable import printable_json
from core.values.notices import Notice


class _Lines:
    """Writes each event as a line. If the disk is full or the pipe is closed, the line is lost."""

    def msg(self, line: str) -> None:
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # the work must go on without its log
            return

    debug = info = warning = error = critical = msg


class LibraryLog(logging.Handler):
    """Passes what a library logs, such as the HTTP server, on as an event of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record with its level, its logger's name and its traceback."""
        structlog.get_logger().log(
            record.levelno, "library.log", logger=record.name, said=self.format(record)
        )


def configure_logs(level: int = logging.INFO) -> None:
    """Send structlog's events to stderr as JSON with level and UTC time."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=printable_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,
    )


def noted(notice: Notice, event: str, because: Exception | str, **fields: object) -> Notice:
    """Return the notice, after logging `event` as a warning with its cause and the notice's code.

    Whatever goes on without a part calls this, so that no degradation is silent.
    """
    structlog.get_logger().warning(event, notice=notice.code, error=str(because), **fields)
    return notice
