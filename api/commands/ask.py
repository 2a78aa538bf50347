"""`vade ask` and `vade search`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from api.app import App
from api.commands.opening import opened, scope_named
from api.terminal import DONE, Terminal
from api.wire import answer_json, passage_json, results_json
from core.errors import InputError
from core.text.labels import EVERYTHING, SearchFilter
from core.values.answers import Answer, Citation, Passage, Turn
from core.values.search import AccessScope
from retrieval.search import Results

Ask = Callable[[App, str, AccessScope], dict[str, Any]]


def run_ask(
    data_dir: Path | None,
    terminal: Terminal,
    question: str | None,
    questions: Path | None,
    earlier: tuple[str, ...] = (),
    within: SearchFilter = EVERYTHING,
    **asker: str,
) -> int:
    """Answer one question, after those asked earlier, or each line of a file."""

    def answer(app: App, text: str, scope: AccessScope) -> dict[str, Any]:
        return answer_json(app.answerer.answer(text, scope, background=True, within=within))

    with opened(data_dir) as app:
        if questions is not None:
            return _each(app, terminal, questions, answer, asker)
        history = tuple(Turn(text, "") for text in earlier)
        text = _required(question, "--questions")
        found = app.answerer.answer(text, scope_named(**asker), history=history, within=within)
    terminal.result(answer_json(found), lambda: _answer_text(found))
    return DONE


def run_search(
    data_dir: Path | None,
    terminal: Terminal,
    question: str | None,
    queries: Path | None,
    limit: int,
    within: SearchFilter = EVERYTHING,
    **asker: str,
) -> int:
    """Search for one question, or for each line of a file."""

    def search(app: App, text: str, scope: AccessScope) -> dict[str, Any]:
        return _as_contract(app.searcher.search(text, scope, limit, within=within))

    with opened(data_dir) as app:
        if queries is not None:
            return _each(app, terminal, queries, search, asker)
        text = _required(question, "--queries")
        found = app.searcher.search(text, scope_named(**asker), limit, within=within)
    terminal.result({"question": text, **results_json(found)}, lambda: _hits_text(found))
    return DONE


def _each(app: App, terminal: Terminal, path: Path, ask: Ask, asker: dict[str, str]) -> int:
    for line in list(_lines(path)):  # a malformed line is found before the first answer
        groups = ",".join(line.get("groups", [])) or asker["groups"]
        scope = scope_named(line.get("as", asker["user"]), groups)
        terminal.line({"id": line["id"], **ask(app, line["question"], scope)})
    return DONE


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(line, dict) or "id" not in line or not str(line.get("question") or "").strip():
            raise InputError(f'{path}, line {number}: {{"id", "question"}} is needed')
        yield line


def _required(question: str | None, instead: str) -> str:
    if question is None or not question.strip():
        raise InputError(f"give a question, or a file of them with {instead}")
    return question.strip()


def _as_contract(results: Results) -> dict[str, Any]:
    """Return hits in the fields of the answer contract: a search says nothing, it cites."""
    found = results.passages
    return {
        "text": "",
        "sentences": [],
        "citations": [passage_json(passage) for passage in found],
        "refused": not found,
        "reason": "" if found else "nothing was found",
        "confidence": round(found[0].score, 4) if found else 0.0,
        "timings": {},
        "notices": results.notices,
    }


def _answer_text(answer: Answer) -> str:
    head = [*answer.notices, *([f"Understood as: {answer.understood}"] if answer.understood else [])]
    head += [""] if head else []
    if answer.refused:
        nearest = [_citation_text(number, citation) for number, citation in enumerate(answer.found, start=1)]
        return "\n".join([*head, answer.reason, *nearest])
    said = [
        f"{sentence.text} {''.join(f'[{number + 1}]' for number in sentence.citations)}"
        for sentence in answer.sentences
    ]
    sources = [_citation_text(number, citation) for number, citation in enumerate(answer.citations, start=1)]
    return "\n".join([*head, *said, "", *sources, *_otherwise(answer)])


def _otherwise(answer: Answer) -> Iterator[str]:
    """Yield what other documents say otherwise, and which documents are superseded."""
    first = len(answer.citations) + 1
    for number, found in enumerate(answer.disagreements, start=first):
        yield f"\nAnother document says otherwise than [{found.citation + 1}]:"
        yield _citation_text(number, found.other)
    for old in answer.superseded:
        when = ", ".join(filter(None, (old.day, old.owner)))
        yield f"\n“{old.title}” is superseded by “{old.by}”{f' ({when})' if when else ''}."


def _citation_text(number: int, citation: Citation) -> str:
    page = f", page {citation.page}" if citation.page else ""
    about = "".join(f", {part}" for part in (citation.day, citation.owner) if part)
    head = f"[{number}] {citation.title}{page}, version {citation.version}{about}"
    return f"{head}\n    {citation.uri}\n    “{citation.quote}”"


def _hits_text(found: Results) -> str:
    if not found.passages:
        return "\n".join([*found.notices, "Nothing was found that you may read."])
    return "\n".join([*found.notices, *(_hit_text(passage) for passage in found.passages)])


def _hit_text(passage: Passage) -> str:
    return (
        f"{passage.score:.3f}  {passage.context.splitlines()[0] if passage.context else passage.title}\n"
        f"       {passage.uri}{_page(passage)}\n       {' '.join(passage.chunk_text.split())[:240]}"
    )


def _page(passage: Passage) -> str:
    page = passage.page_at(passage.chunk_start)
    return f", page {page}" if page else ""
