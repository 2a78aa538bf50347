"""Logs: JSON lines on stderr, so that stdout contains only the output that the user asked for."""

import logging
import sys

import structlog


class _Lines:
    """Writes each event as a line. If the disk is full or the pipe is closed, the line is lost."""

    def msg(self, line: str) -> None:
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # the work must go on without its log
            return

    debug = info = warning = error = critical = msg


def configure_logs(level: int = logging.INFO) -> None:
    """Send structlog's events to stderr as JSON with level and UTC time."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,
    )
