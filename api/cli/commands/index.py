"""`vade index …`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, counted, printing

if TYPE_CHECKING:
    from admin.releases import BuildResult, ReleaseStatus
    from core.store.embedders import EmbedderEntry


DOCUMENTS = "documents"
_SUBJECT = click.argument("subject", type=click.Choice([DOCUMENTS, "embedder"]))


@click.group()
def index() -> None:
    """Show what is in force and what waits; promote it, or roll back."""


@index.command(name="list")
@printing
def list_index(terminal: Terminal) -> int:
    """Show what is in force, what waits and why, and what can be rolled back."""
    with opened(terminal.data_dir) as app:
        status = app.releases.status()
    terminal.result(_status_json(status), lambda: "\n".join(_status_lines(status)))
    return DONE


@index.command()
@printing
def build(terminal: Terminal) -> int:
    """Embed everything by the embedder of the settings, beside what is in force, and let it come into force.

    It comes into force once every chunk has its vector and the golden questions hold; until then searches
    go on by the one before. Stopped half way, it goes on where it was. `vade sync` does the same.
    """
    with opened(terminal.data_dir) as app:
        built = app.releases.build(terminal.progress)
    verdict = built.verdict
    terminal.result(
        {"in_force": built.in_force, "verdict": verdict and verdict.as_json()}, lambda: _build_text(built)
    )
    return DONE if verdict is None or verdict.passed else WITH_FAILURES


@index.command()
@_SUBJECT
@printing
def promote(terminal: Terminal, subject: str) -> int:
    """Bring what waits into force, whatever the golden questions say."""
    with opened(terminal.data_dir) as app:
        if subject == DOCUMENTS:
            number = app.releases.promote_documents()
            text = f"{counted(number, 'document')} came into force." if number else "No document waits."
        else:
            name, changed = app.releases.promote_embedder(terminal.progress)
            number, text = int(changed), f"{name} is in force."
    terminal.result({"subject": subject, "promoted": number}, lambda: text)
    return DONE


@index.command()
@_SUBJECT
@printing
def rollback(terminal: Terminal, subject: str) -> int:
    """Go back to what was in force before. What is taken back waits until it is promoted by name.

    Deletions and permissions are not gone back on, nor documents that have changed since.
    """
    with opened(terminal.data_dir) as app:
        if subject == DOCUMENTS:
            number = app.releases.roll_back_documents()
            verb = "is as it was" if number == 1 else "are as they were"
            text = f"{counted(number, 'document')} {verb} before the last promotion."
            text = text if number else "No document can be rolled back."
        else:
            name = app.releases.roll_back_embedder(terminal.progress)
            number, text = 1, f"{name} is in force again; set llm.embedder back to keep it."
    terminal.result({"subject": subject, "rolled_back": number}, lambda: text)
    return DONE


@index.command()
@printing
def confirm(terminal: Terminal) -> int:
    """Give up what could be rolled back, and free its room."""
    with opened(terminal.data_dir) as app:
        gone = app.releases.confirm()
    versions = counted(gone.versions, "former version")
    vectors = counted(gone.vectors, "vector")
    terminal.result(
        {"versions": gone.versions, "vectors": gone.vectors},
        lambda: (
            f"Removed {versions} and {vectors} of the former embedder."
            if gone.versions or gone.vectors
            else "There is nothing that could be rolled back."
        ),
    )
    return DONE


def _status_json(status: ReleaseStatus) -> dict[str, Any]:
    return {
        "embedder": {
            "in_force": status.in_force and _entry_json(status.in_force),
            "former": status.former and _entry_json(status.former),
            "withdrawn": status.withdrawn and _entry_json(status.withdrawn),
        },
        "chosen": {"model_id": status.chosen, "chunks_to_embed": status.chunks_to_embed},
        "chunks": status.chunks,
        "documents": {
            "waiting": status.documents.waiting,
            "withdrawn": status.documents.withdrawn,
            "can_be_rolled_back": status.documents.promoted,
        },
        "verdicts": dict(status.verdicts),
    }


def _entry_json(entry: EmbedderEntry) -> dict[str, str]:
    return {"model_id": entry.model_id, "since": entry.since.isoformat() if entry.since else ""}


def _status_lines(status: ReleaseStatus) -> Iterator[str]:
    now, documents = status.in_force, status.documents
    if now is not None:
        since = f" since {now.since:%Y-%m-%dT%H:%M}" if now.since else ""
        yield f"In force: {now.model_id}{since}, {counted(status.chunks, 'chunk')}."
    if now is None or status.chosen != now.model_id:
        verb = "is" if status.chunks_to_embed == 1 else "are"
        yield (
            f"The settings choose {status.chosen}; {counted(status.chunks_to_embed, 'chunk')} {verb} "
            "not embedded yet. Run `vade index build`."
        )
    if status.former:
        yield f"Former: {status.former.model_id}."
    if status.withdrawn:
        yield f"Rolled back: {status.withdrawn.model_id}."
    yield (
        f"Documents: {documents.waiting} waiting, {documents.withdrawn} rolled back, "
        f"{documents.promoted} that can be rolled back."
    )
    for subject, verdict in status.verdicts.items():
        yield (
            f"Golden questions on {subject}, {verdict['at'][:16]}: "
            f"{'passed' if verdict['passed'] else 'not passed'}; {verdict['holding']} of {verdict['asked']} "
            f"held before, {verdict['would_hold']} with the new {subject}."
        )
        for one in verdict["broken"]:
            yield f"  {one['id']}  {one['question']}\n    {one['reason']}"


def _build_text(built: BuildResult) -> str:
    return f"{built.in_force} is in force." + (f" {built.verdict.as_text()}." if built.verdict else "")
