"""`vade document …`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from admin.erasure import Followers, erase_document, still_there
from api.app import App
from api.commands.opening import opened
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.store.documents.overview import DocumentOverview, overview_of
from core.store.erasures import Receipt, receipts
from ingest.uris import file_uri


def run_show(data_dir: Path | None, terminal: Terminal, uri: str) -> int:
    """Show a document."""
    with opened(data_dir) as app, app.database.reading() as session:
        overview = overview_of(session, _named(uri))
    terminal.result(asdict(overview), lambda: _overview_text(overview))
    return DONE


def run_delete(data_dir: Path | None, terminal: Terminal, uri: str) -> int:
    """Erase a document."""
    named = _named(uri)
    with opened(data_dir) as app:
        app.models.drop_beside()
        receipt = erase_document(app.database, _followers(app), named)
    terminal.result(asdict(receipt), lambda: _text(receipt, {}))
    return DONE


def run_receipt(data_dir: Path | None, terminal: Terminal, number: int | None) -> int:
    """Show receipts and look again."""
    with opened(data_dir) as app:
        with app.database.reading() as session:
            shown = receipts(session, number)
        left = {one.id: still_there(app.database, _followers(app), one) for one in shown}
    terminal.result(
        [{**asdict(one), "still_there": left[one.id]} for one in shown],
        lambda: "\n".join(_text(one, left[one.id]) for one in shown) or "Nothing was erased.",
    )
    return WITH_FAILURES if any(left.values()) else DONE


def _named(uri: str) -> str:
    """Return the URI of a document; a path may lead on into a file, as `mail.eml!/plan.pdf`."""
    return uri if ":" in uri else file_uri(Path(uri).absolute())


def _overview_text(overview: DocumentOverview) -> str:
    shown = {
        "title": overview.title,
        "state": f"{overview.state}: {overview.reason}" if overview.reason else overview.state,
        "version": overview.version,
        "type": f"{overview.media_type}, {overview.size_bytes:,} bytes",
        "readers": ", ".join(overview.readers) or "nobody",
        "inside": overview.inside,
        "changed": overview.updated_at,
    }
    lines = [overview.uri, *(f"  {name:<8} {value}" for name, value in shown.items() if value)]
    lines += [f"  note     {notice}" for notice in overview.notices]
    for member in overview.members:
        lines.append(f"  holds    {member.uri}")
        lines += [f"           {member.state}: {member.reason}"] if member.reason else []
    return "\n".join(lines)


def _followers(app: App) -> Followers:
    return app.followers


def _text(receipt: Receipt, left: dict[str, Any]) -> str:
    state = "not yet gone from every file: run vade check --repair"
    if left:
        state = f"STILL THERE: {left}"
    elif receipt.completed_at:
        state = f"gone from every file since {receipt.completed_at}"
    return (
        f"Receipt {receipt.id}: {receipt.uri}\n"
        f"  unsearchable since {receipt.unsearchable_at}, {state}\n"
        f"  {len(receipt.versions)} versions, {len(receipt.chunks)} chunks, {receipt.vectors} vectors, "
        f"{receipt.pages} pages" + "".join(f"\n  with {member}" for member in receipt.members)
    )
