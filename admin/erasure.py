"""Erasing documents with a receipt: first unsearchable, then gone from every file."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import IndexUnusableError
from core.store.database import Database
from core.store.erasures import Receipt, chunks_left, complete, erase, receipts
from retrieval.follow.follower import Follower

Followers = Mapping[str, Follower[Any]]


def erase_document(database: Database, followers: Followers, uri: str) -> Receipt:
    """Erase a document and return the receipt.

    The database's own transaction makes it unsearchable; then both indexes are written without it and
    their older generations removed. If that fails, `finish_erasures` does the rest.

    Raises: NotFoundError if nothing is held of it; StorageError if the disk does not take it.
    """
    with database.writing() as session:
        receipt = erase(session, uri)
    database.empty_log()
    return _finish(database, followers, receipt)


def finish_erasures(database: Database, followers: Followers) -> list[Receipt]:
    """Complete the receipts of erasures that were cut off."""
    with database.reading() as session:
        open_ones = [receipt for receipt in receipts(session) if not receipt.completed_at]
    return [_finish(database, followers, receipt) for receipt in open_ones]


def still_there(database: Database, followers: Followers, receipt: Receipt) -> dict[str, int]:
    """Return where chunks of an erased document can still be found, and how many; empty if nowhere."""
    found = {}
    for name, follower in followers.items():
        with follower.index() as index:
            found[name] = int(np.isin(index.ids(), receipt.chunks).sum())
    with database.reading() as session:
        found["database"] = chunks_left(session, receipt)
    return {place: number for place, number in found.items() if number}


def _finish(database: Database, followers: Followers, receipt: Receipt) -> Receipt:
    generations = {}
    for name, follower in followers.items():
        follower.bring_up_to_date()
        generations[name] = follower.drop_older_generations()
    if left := still_there(database, followers, receipt):
        raise IndexUnusableError(f"chunks of {receipt.uri} are still in {left}; run vade check --repair")
    with database.writing() as session:
        return complete(session, receipt, generations)
