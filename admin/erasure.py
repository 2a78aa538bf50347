"""Erasing documents with a receipt: first unsearchable, then gone from every file."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import IndexUnusableError
from core.store.database import Database
from core.store.erasures import Receipt, chunks_left, complete, erase, receipts
from retrieval.follow.indexes import Indexes


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt and what a new search for the erased chunks found."""

    receipt: Receipt
    still_there: Mapping[str, int]
    """How many chunks are left, by place; empty if the document is gone."""


def erase_document(database: Database, indexes: Indexes, uri: str) -> Receipt:
    """Erase a document and return the receipt.

    The database's own transaction makes it unsearchable. Then the dense index is written without it, the
    word index is built anew, their older generations are removed, and so is the index of any embedder that
    is being built beside the one in force. If that fails, `finish_erasures` does the rest.

    Raises: NotFoundError if the document is unknown or erased already; StorageError if the disk is full.
    """
    with database.writing() as session:
        receipt = erase(session, uri)
    database.empty_log()
    return _finish(database, indexes, receipt)


def finish_erasures(database: Database, indexes: Indexes) -> list[Receipt]:
    """Complete the erasures that were cut off, and return their receipts."""
    with database.reading() as session:
        unfinished = [receipt for receipt in receipts(session) if not receipt.completed_at]
    return [_finish(database, indexes, receipt) for receipt in unfinished]


def verify_receipts(database: Database, indexes: Indexes, number: int | None = None) -> list[VerifiedReceipt]:
    """Return all receipts, the newest first, or one by its number, each with a new search for its chunks.

    Raises: NotFoundError if there is no receipt by that number.
    """
    with database.reading() as session:
        found = receipts(session, number)
    return [VerifiedReceipt(receipt, still_there(database, indexes, receipt)) for receipt in found]


def still_there(database: Database, indexes: Indexes, receipt: Receipt) -> dict[str, int]:
    """Return how many chunks of an erased document are left, by place; empty if it is gone."""
    left = {}
    for name, follower in indexes.followers().items():
        with follower.index() as index:
            left[name] = int(np.isin(index.ids(), receipt.chunks).sum())
    with database.reading() as session:
        left["database"] = chunks_left(session, receipt)
    return {place: number for place, number in left.items() if number}


def _finish(database: Database, indexes: Indexes, receipt: Receipt) -> Receipt:
    indexes.drop_beside()
    indexes.lexical.rebuild()  # its files would keep the words of removed chunks until they are merged
    generations = {}
    for name, follower in indexes.followers().items():
        follower.bring_up_to_date()
        generations[name] = follower.drop_older_generations()
    if left := still_there(database, indexes, receipt):
        raise IndexUnusableError(f"chunks of {receipt.uri} are still in {left}; run vade check --repair")
    with database.writing() as session:
        return complete(session, receipt, generations)
