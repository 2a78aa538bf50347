"""Callbacks: what a long piece of work reports while it runs."""


def ignore(*event: object) -> None:
    """Do nothing with an event: the callback of a caller who does not want any."""
