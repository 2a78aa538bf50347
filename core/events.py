"""Callbacks by which long-running work reports its progress."""


def ignore(*event: object) -> None:
    """Ignore an event: the callback of callers that want no reports."""
