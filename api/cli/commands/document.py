"""`vade document …`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, counted, moment, printing
from ingest.uris import file_uri

if TYPE_CHECKING:
    from admin.erasure import VerifiedReceipt
    from core.store.documents.overview import DocumentOverview


@click.group()
def document() -> None:
    """Show a document and what is inside it, or erase it for good."""


@document.command()
@click.argument("uri", metavar="URI|PATH")
@printing
def show(terminal: Terminal, uri: str) -> int:
    """Show the state of a document, who may read it, and the notices of how it was read."""
    from admin.documents import show_document

    with opened(terminal.data_dir) as app:
        overview = show_document(app.database, _named(uri))
    terminal.result(asdict(overview), lambda: _overview_text(overview))
    return DONE


@document.command()
@click.argument("uri", metavar="URI|PATH")
@printing
def delete(terminal: Terminal, uri: str) -> int:
    """Erase all versions of a document, from every file, and print the receipt.

    It cannot be found any more at once. What its source still holds comes back with the next run:
    remove it there first.
    """
    from admin.erasure import VerifiedReceipt, erase_document

    with opened(terminal.data_dir) as app:
        receipt = erase_document(app.database, app.indexes, _named(uri))
    terminal.result(asdict(receipt), lambda: _receipt_text(VerifiedReceipt(receipt, {})))
    return DONE


@document.command()
@click.argument("number", required=False, type=int, metavar="[RECEIPT]")
@printing
def receipt(terminal: Terminal, number: int | None) -> int:
    """Show receipts, or one of them, and prove anew that nothing of it is left."""
    from admin.erasure import verify_receipts

    with opened(terminal.data_dir) as app:
        verified = verify_receipts(app.database, app.indexes, number)
    terminal.result(
        [{**asdict(one.receipt), "still_there": dict(one.still_there)} for one in verified],
        lambda: "\n".join(map(_receipt_text, verified)) or "No document was erased yet.",
    )
    return WITH_FAILURES if any(one.still_there for one in verified) else DONE


def _named(uri: str) -> str:
    """Return the URI of a document; a path may lead on into a file, as `mail.eml!/plan.pdf`."""
    return uri if ":" in uri else file_uri(Path(os.path.abspath(uri)))


def _overview_text(overview: DocumentOverview) -> str:
    shown = {
        "title": overview.title,
        "state": f"{overview.state}: {overview.reason}" if overview.reason else overview.state,
        "version": overview.version,
        "type": f"{overview.media_type}, {overview.size_bytes:,} bytes",
        "readers": ", ".join(overview.readers) or "nobody",
        "inside": overview.inside,
        "changed": moment(overview.updated_at),
    }
    lines = [overview.uri, *(f"  {name:<8} {value}" for name, value in shown.items() if value)]
    lines += [f"  note     {notice}" for notice in overview.notices]
    for member in overview.members:
        lines.append(f"  holds    {member.uri}")
        lines += [f"           {member.state}: {member.reason}"] if member.reason else []
    return "\n".join(lines)


def _receipt_text(verified: VerifiedReceipt) -> str:
    receipt = verified.receipt
    state = "not yet gone from every file: run vade check --repair"
    if verified.still_there:
        state = f"STILL THERE: {dict(verified.still_there)}"
    elif receipt.completed_at:
        state = f"gone from every file since {moment(receipt.completed_at)}"
    erased = [
        counted(len(receipt.versions), "version"),
        counted(len(receipt.chunks), "chunk"),
        counted(receipt.vectors, "vector"),
        counted(receipt.pages, "page"),
    ]
    lines = [
        f"Receipt {receipt.id}: {receipt.uri}",
        f"  unsearchable since {moment(receipt.unsearchable_at)}, {state}",
        f"  {', '.join(erased)}",
        *(f"  with {member}" for member in receipt.members),
    ]
    return "\n".join(lines)
