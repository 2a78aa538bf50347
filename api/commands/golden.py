"""`vade golden …`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.commands.evaluate import read_gold
from api.commands.opening import opened, scope_named
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.store.goldens import Golden, add_golden, list_goldens, remove_goldens


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it stands on the command line."""

    question: str
    documents: Sequence[str]
    answers: Sequence[str]
    refuse: bool
    user: str | None
    groups: str


def run_add(data_dir: Path | None, terminal: Terminal, asked: Asked) -> int:
    """Keep a question."""
    asker = scope_named(asked.user, asked.groups).principals
    golden = Golden(
        question=asked.question,
        principals=asker,
        answers=tuple(asked.answers),
        documents=tuple(asked.documents),
        answerable=not asked.refuse,
    )
    return _keep(data_dir, terminal, [golden])


def run_import(
    data_dir: Path | None, terminal: Terminal, *, file: Path, user: str | None, groups: str
) -> int:
    """Keep the questions of a file, all of them or none."""
    asker = scope_named(user, groups).principals
    goldens = [
        Golden(
            question=one.question,
            principals=asker,
            answers=one.answers,
            documents=one.documents,
            answerable=one.answerable,
        )
        for one in read_gold(file)
    ]
    return _keep(data_dir, terminal, goldens)


def run_list(data_dir: Path | None, terminal: Terminal) -> int:
    """List the questions."""
    with opened(data_dir) as app, app.database.reading() as session:
        goldens = list_goldens(session)
    terminal.result(
        [_as_json(golden) for golden in goldens],
        lambda: "\n".join(map(_text, goldens)) or "No golden question yet; nothing stands behind a gate.",
    )
    return DONE


def run_remove(data_dir: Path | None, terminal: Terminal, ids: Sequence[int]) -> int:
    """Forget questions."""
    with opened(data_dir) as app, app.database.writing() as session:
        remove_goldens(session, ids)
    terminal.result({"removed": list(ids)}, lambda: f"{len(ids)} forgotten.")
    return DONE


def run_all(data_dir: Path | None, terminal: Terminal) -> int:
    """Ask all questions of what is in force."""
    with opened(data_dir) as app:
        trials = app.promotion.trials()
    broken = [trial for trial in trials if trial.broken]
    lines = [f"{len(trials) - len(broken)} of {len(trials)} golden questions hold."]
    lines += [f"  {trial.golden.id}  {trial.golden.question}\n    {trial.broken}" for trial in broken]
    terminal.result(
        {
            "asked": len(trials),
            "holding": len(trials) - len(broken),
            "broken": [{**_as_json(trial.golden), "reason": trial.broken} for trial in broken],
        },
        lambda: "\n".join(lines),
    )
    return WITH_FAILURES if broken else DONE


def _keep(data_dir: Path | None, terminal: Terminal, goldens: Sequence[Golden]) -> int:
    with opened(data_dir) as app, app.database.writing() as session:
        kept = [add_golden(session, golden) for golden in goldens]
    terminal.result([_as_json(golden) for golden in kept], lambda: "\n".join(map(_text, kept)))
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
