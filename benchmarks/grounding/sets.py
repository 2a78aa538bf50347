"""The sets for measuring grounding, in one data folder, with a scope for each question.

ClapNQ and CMRC 2018 share one index. Their documents are divided among five groups of readers, so that a
question can be asked over all documents, or without the one that answers it: by a user outside that
document's group. A TAT-QA question belongs to its own table, so each of those documents has its own group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.app import App, build
from benchmarks.datasets import ANSWER_SETS
from benchmarks.set_folders import read_lines
from core.permissions import PUBLIC, scope_of
from core.settings import Settings, load_settings
from core.values.search import AccessScope
from ingest.connectors.folder import FolderSource
from ingest.connectors.trees.rules import PERMISSIONS_FILE
from retrieval.judge.answer_evaluation import GoldQuestion

_HANDS = 5
_POOLED = ("clapnq", "cmrc")
# CMRC has 1,600 questions in each part; every eighth says as much as ClapNQ's 150 and more.
_STEPS = {"clapnq": 1, "cmrc": 8, "tatqa": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question and the scopes to ask it under."""

    set: str
    gold: GoldQuestion
    whole: AccessScope  # over all documents of the question
    without: AccessScope | None  # without the document that answers; None if there is none
    cells: tuple[str, ...]  # the cells that the cited rows of a table must contain


def opened(work: Path, **settings: Any) -> App:
    """Write the sets into `work` and ingest them, each once; return the application over them."""
    for name in ANSWER_SETS:
        if not (work / "docs" / name).exists():
            ANSWER_SETS[name](work / name)
            _deal(work / name / "documents", work / "docs" / name, name)
    app = build(_changed(load_settings(work / "data"), settings))
    for name in ANSWER_SETS:
        app.ingestion.ingest(FolderSource(work / "docs" / name, frozenset({PUBLIC}), 2**20))
    return app


def askings(work: Path, part: str) -> Iterator[Asking]:
    """Yield the questions of a part, set by set."""
    groups = {path.name: path.parent.name for path in (work / "docs").glob("*/*/*.md")}
    pooled = {group for group in groups.values() if group.partition("-")[0] in _POOLED}
    for name, step in _STEPS.items():
        lines = [line for line in read_lines(work / name / f"{part}.jsonl") if line.get("cells", True)]
        for line in lines[::step]:
            group = groups[line["gold_documents"][0]]
            held = pooled if name in _POOLED else {group}
            without = held - {group} if name in _POOLED and line["answerable"] else None
            yield Asking(
                set=name,
                gold=_gold(line),
                whole=_scope(held),
                without=_scope(without) if without else None,
                cells=tuple(line.get("cells", ())),
            )


def _deal(written: Path, out: Path, name: str) -> None:
    """Move each document into its group's folder."""
    for position, path in enumerate(sorted(written.iterdir())):
        group = f"{name}-{position % _HANDS if name in _POOLED else path.stem}"
        folder = out / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PERMISSIONS_FILE).write_text(f'read: ["group:{group}"]\n', "utf-8")
        path.rename(folder / path.name)


def _changed(settings: Settings, retrieval: dict[str, Any]) -> Settings:
    return settings.model_copy(update={"retrieval": settings.retrieval.model_copy(update=retrieval)})


def _scope(groups: set[str]) -> AccessScope:
    return scope_of(None, tuple(sorted(groups)))


def _gold(line: dict[str, Any]) -> GoldQuestion:
    answers, documents = tuple(line["answers"]), tuple(line["gold_documents"])
    return GoldQuestion(
        id=line["id"],
        question=line["question"],
        answers=answers,
        answerable=line["answerable"],
        documents=documents,
    )
