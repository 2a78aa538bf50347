"""`vade golden …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.options import Asker, asker_options
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, counted, echo, printing

if TYPE_CHECKING:
    from core.store.goldens import Golden


_NONE = "There is no golden question yet: new versions come into force unasked."
_asked_as = asker_options("Who asks it. Default: you.")


@click.group()
def golden() -> None:
    """Keep questions whose answers are known. They decide what comes into force.

    A run that brings much, by the setting ingest.gate_share, and another embedder come into force only
    if every golden question that held before still holds.
    """


@golden.command()
@click.argument("question")
@click.option(
    "--document", "documents", multiple=True, metavar="URI", help="Has to be cited; the end of a URI will do."
)
@click.option("--answer", "answers", multiple=True, metavar="TEXT", help="Has to stand in what is cited.")
@click.option("--refuse", is_flag=True, help="It has to be refused: no document says it.")
@_asked_as
@printing
def add(
    terminal: Terminal,
    question: str,
    documents: tuple[str, ...],
    answers: tuple[str, ...],
    refuse: bool,
    asker: Asker,
) -> int:
    """Keep a question. Of several documents, or of several answers, one is enough.

    Each document has to be there, and its asker has to be among its readers.
    """
    from admin.goldens import keep_goldens
    from core.store.goldens import Golden

    new = Golden(
        question=question,
        principals=asker.scope.principals,
        answers=answers,
        documents=documents,
        answerable=not refuse,
    )
    with opened(terminal.data_dir) as app:
        kept = keep_goldens(app.database, [new])
    return _show(kept, terminal)


@golden.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.jsonl")
@_asked_as
@printing
def import_(terminal: Terminal, file: Path, asker: Asker) -> int:
    """Keep the questions of a file as `vade eval --answers` reads it, one a line."""
    from admin.goldens import import_goldens

    with opened(terminal.data_dir) as app:
        kept = import_goldens(app.database, file, asker.scope.principals)
    return _show(kept, terminal)


@golden.command(name="list")
@printing
def list_goldens(terminal: Terminal) -> int:
    """List the questions."""
    from admin.goldens import kept_goldens

    with opened(terminal.data_dir) as app:
        kept = kept_goldens(app.database)
    return _show(kept, terminal, _NONE)


@golden.command()
@click.argument("ids", nargs=-1, required=True, type=int, metavar="ID...")
@printing
def remove(terminal: Terminal, ids: tuple[int, ...]) -> int:
    """Remove questions."""
    from admin.goldens import forget_goldens

    with opened(terminal.data_dir) as app:
        forget_goldens(app.database, ids)
    terminal.result({"removed": list(ids)}, lambda: f"{counted(len(ids), 'golden question')} removed.")
    return DONE


@golden.command()
@printing
def run(terminal: Terminal) -> int:
    """Ask all of them now, and say which do not hold."""
    from admin.goldens import ask_goldens

    with opened(terminal.data_dir) as app:
        report = ask_goldens(app.promotion)
    for notice in dict.fromkeys(notice for trial in report.trials for notice in trial.notices):
        echo(notice.text, err=True)
    asked = len(report.trials)
    verb = "holds" if report.holding == 1 else "hold"
    lines = [f"{report.holding} of {counted(asked, 'golden question')} {verb}." if asked else _NONE]
    lines += [f"  {trial.golden.id}  {trial.golden.question}\n    {trial.broken}" for trial in report.broken]
    terminal.result(
        {
            "asked": asked,
            "holding": report.holding,
            "broken": [{**_as_json(trial.golden), "reason": trial.broken} for trial in report.broken],
        },
        lambda: "\n".join(lines),
    )
    return WITH_FAILURES if report.broken else DONE


def _show(goldens: list[Golden], terminal: Terminal, otherwise: str = "") -> int:
    terminal.result([_as_json(one) for one in goldens], lambda: "\n".join(map(_text, goldens)) or otherwise)
    return DONE


def _as_json(golden: Golden) -> dict[str, Any]:
    return {
        "id": golden.id,
        "question": golden.question,
        "answerable": golden.answerable,
        "answers": list(golden.answers),
        "documents": list(golden.documents),
        "principals": sorted(golden.principals),
    }


def _text(golden: Golden) -> str:
    wanted = [f"cites {name}" for name in golden.documents] + [f"says {text!r}" for text in golden.answers]
    must = " or ".join(wanted) if golden.answerable else "is refused"
    return f"{golden.id}  {golden.question}\n    {must}; asked by {', '.join(sorted(golden.principals))}"
