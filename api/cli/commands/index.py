"""`vade index …`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, counted, printing

if TYPE_CHECKING:
    from admin.releases import BuildResult, LegStatus, ReleaseStatus
    from core.store.embedders import EmbedderEntry


DOCUMENTS = "documents"
_SUBJECT = click.argument("subject", type=click.Choice([DOCUMENTS, "embedder"]))
_LEG = click.option("--leg", default="", metavar="NAME", help="Of `embedder`: that of a leg in llm.legs.")


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
    """Embed everything by the embedders of the settings, beside those in force, and promote them.

    Each comes into force once every chunk has its vector and the golden questions hold; until then searches
    go on by the one before. Stopped half way, it goes on where it was. `vade sync` does the same.
    """
    with opened(terminal.data_dir) as app:
        built = app.releases.build(terminal.progress)
    terminal.result(_build_json(built), lambda: _build_text(built))
    return DONE if all(verdict.passed for verdict in built.verdicts) else WITH_FAILURES


@index.command()
@_SUBJECT
@_LEG
@printing
def promote(terminal: Terminal, subject: str, leg: str) -> int:
    """Bring what waits into force, whatever the golden questions say."""
    with opened(terminal.data_dir) as app:
        if subject == DOCUMENTS:
            number = app.releases.promote_documents()
            text = f"{counted(number, 'document')} came into force." if number else "No document waits."
        else:
            name, changed = app.releases.promote_embedder(leg, terminal.progress)
            number, text = int(changed), f"{name} is in force."
    terminal.result({"subject": subject, "promoted": number}, lambda: text)
    return DONE


@index.command()
@_SUBJECT
@_LEG
@printing
def rollback(terminal: Terminal, subject: str, leg: str) -> int:
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
            name = app.releases.roll_back_embedder(leg, terminal.progress)
            number, text = 1, _rolled_back_text(leg, name)
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


def _rolled_back_text(leg: str, name: str) -> str:
    if not name:
        return f"The leg {leg} is not searched any more; remove it from llm.legs to free its room."
    key = f"llm.legs.{leg}.embedder" if leg else "llm.embedder"
    return f"{name} is in force again; set {key} back to keep it."


def _build_json(built: BuildResult) -> dict[str, Any]:
    verdicts = {verdict.subject: verdict.as_json() for verdict in built.verdicts}
    return {
        "in_force": built.first,
        "verdict": verdicts.pop("embedder", None),
        "legs": {leg: name for leg, name in built.in_force.items() if leg},
        "leg_verdicts": verdicts,
    }


def _status_json(status: ReleaseStatus) -> dict[str, Any]:
    return {
        **_leg_json(status.first),
        "legs": {leg: _leg_json(one) for leg, one in status.legs.items()},
        "documents": {
            "waiting": status.documents.waiting,
            "withdrawn": status.documents.withdrawn,
            "can_be_rolled_back": status.documents.promoted,
        },
        "verdicts": dict(status.verdicts),
    }


def _leg_json(leg: LegStatus) -> dict[str, Any]:
    return {
        "embedder": {
            "in_force": leg.in_force and _entry_json(leg.in_force),
            "former": leg.former and _entry_json(leg.former),
            "withdrawn": leg.withdrawn and _entry_json(leg.withdrawn),
        },
        "chosen": {"model_id": leg.chosen, "chunks_to_embed": leg.chunks_to_embed},
        "chunks": leg.chunks,
    }


def _entry_json(entry: EmbedderEntry) -> dict[str, str]:
    return {"model_id": entry.model_id, "since": entry.since.isoformat() if entry.since else ""}


def _status_lines(status: ReleaseStatus) -> Iterator[str]:
    documents = status.documents
    yield from _leg_lines(status.first)
    for name, leg in status.legs.items():
        yield from (f"Leg {name}. {line}" for line in _leg_lines(leg))
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


def _leg_lines(leg: LegStatus) -> Iterator[str]:
    now = leg.in_force
    if now is not None:
        since = f" since {now.since:%Y-%m-%dT%H:%M}" if now.since else ""
        only = f" ({', '.join(sorted(now.languages))} only)" if now.languages else ""
        yield f"In force: {now.model_id}{since}, {counted(leg.chunks, 'chunk')}{only}."
    if not leg.chosen:
        yield "The settings do not name it any more. Run `vade index build` to remove it."
    elif now is None or leg.chosen != now.model_id:
        verb = "is" if leg.chunks_to_embed == 1 else "are"
        yield (
            f"The settings choose {leg.chosen}; {counted(leg.chunks_to_embed, 'chunk')} {verb} "
            "not embedded yet. Run `vade index build`."
        )
    if leg.former:
        yield f"Former: {leg.former.model_id}."
    if leg.withdrawn:
        yield f"Rolled back: {leg.withdrawn.model_id}."


def _build_text(built: BuildResult) -> str:
    legs = (f" In the leg {leg}, {name} is in force." for leg, name in built.in_force.items() if leg)
    verdicts = (f" {verdict.as_text()}." for verdict in built.verdicts)
    return "".join([f"{built.first} is in force.", *legs, *verdicts])
