"""`vade ask` and `vade search`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import opened
from api.cli.options import Asker, asker_options, filter_options
from api.cli.question_files import question_lines
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, ends_all, error_json, printing
from core.errors import InputError, VadeError
from core.text.labels import SearchFilter
from core.values.answers import SHOWN_DIGITS, Passage, Turn
from core.values.search import AccessScope

if TYPE_CHECKING:
    from retrieval.search import Results


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

Ask = Callable[[str, AccessScope, tuple[Turn, ...]], dict[str, Any]]


@click.command()
@click.argument("words", nargs=-1, metavar="[QUESTION]...")
@click.option("--questions", type=_FILE, metavar="FILE.jsonl", help='Answer each line: {"id", "question"}.')
@click.option("--after", "earlier", multiple=True, metavar="QUESTION", help="Asked before; the oldest first.")
@filter_options
@asker_options()
@printing
def ask(
    terminal: Terminal,
    words: tuple[str, ...],
    questions: Path | None,
    earlier: tuple[str, ...],
    within: SearchFilter,
    asker: Asker,
) -> int:
    """Answer a question with citations, or say that the documents do not.

    The question needs no quotation marks, unless it has a character that the shell takes for itself,
    such as ? or '. A filter that is repeated widens, different filters together narrow.

    With --questions, one JSON line comes out for each line that goes in: its id and the answer, or the
    error of that line; a model or a database that cannot be used ends the file. A line may also have
    "as", "groups", and "history" (a list of {"question", "answer"}) or "after" (a list of questions) for
    a follow-up.
    """
    from api.answer_text import answer_text
    from api.http.wire import answer_json

    with opened(terminal.data_dir) as app:

        def answer(text: str, scope: AccessScope, history: tuple[Turn, ...]) -> dict[str, Any]:
            found = app.answerer.answer(text, scope, history=history, background=True, within=within)
            return answer_json(found)

        if questions is not None:
            _refuse_both(words, "--questions")
            return _each(terminal, questions, answer, asker)
        history = tuple(Turn(text, "") for text in earlier)
        text = _required(words, "--questions")
        found = app.answerer.answer(text, asker.scope, history=history, within=within)
    terminal.result(answer_json(found), lambda: answer_text(found))
    return DONE


@click.command()
@click.argument("words", nargs=-1, metavar="[QUESTION]...")
@click.option("--queries", type=_FILE, metavar="FILE.jsonl", help='Search for each line: {"id", "question"}.')
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="Hits shown.")
@filter_options
@asker_options()
@printing
def search(
    terminal: Terminal,
    words: tuple[str, ...],
    queries: Path | None,
    limit: int,
    within: SearchFilter,
    asker: Asker,
) -> int:
    """Find the passages that fit a question best.

    With --queries, one JSON line comes out for each line that goes in: its id and the hits, or the error
    of that line.
    """
    from api.http.wire import results_json

    with opened(terminal.data_dir) as app:

        def find(text: str, scope: AccessScope, _: tuple[Turn, ...]) -> dict[str, Any]:
            return _as_contract(app.searcher.look_up(text, scope, limit, within=within))

        if queries is not None:
            _refuse_both(words, "--queries")
            return _each(terminal, queries, find, asker)
        text = _required(words, "--queries")
        found = app.searcher.look_up(text, asker.scope, limit, within=within)
    terminal.result({"question": text, **results_json(found)}, lambda: _hits_text(found))
    return DONE


def _each(terminal: Terminal, path: Path, ask: Ask, asker: Asker) -> int:
    code = DONE
    for line in question_lines(path):  # a malformed line is found before the first answer
        scope = Asker(line.user or asker.user, ",".join(line.groups) or asker.groups).scope
        try:
            found = ask(line.question, scope, line.history)
        except VadeError as error:
            if ends_all(error):
                raise
            found, code = error_json(error), WITH_FAILURES
        except Exception as error:  # of any kind: the other lines may be answered
            _log_failure(line.id)
            found, code = error_json(VadeError(f"{type(error).__name__}: {error}")), WITH_FAILURES
        terminal.line({"id": line.id, **found})
    return code


def _log_failure(name: Any) -> None:
    import structlog

    structlog.get_logger().exception("ask.failed", id=name)


def _refuse_both(words: tuple[str, ...], instead: str) -> None:
    if words:
        raise InputError(f"give a question or a file of them with {instead}, not both")


def _required(words: tuple[str, ...], instead: str) -> str:
    question = " ".join(words).strip()
    if not question:
        raise InputError(f"give a question, or a file of them with {instead}")
    return question


def _as_contract(results: Results) -> dict[str, Any]:
    """Return hits in the fields of an answer: a search writes no sentence, it only cites."""
    from api.http.wire import notices_of, passage_json

    found = results.passages
    return {
        "text": "",
        "sentences": [],
        "citations": [passage_json(passage) for passage in found],
        "refused": not found,
        "reason": "" if found else "nothing was found",
        "confidence": round(found[0].score, SHOWN_DIGITS) if found else 0.0,
        "timings": {},
        "notices": notices_of(results),
    }


def _hits_text(found: Results) -> str:
    hits = [_hit_text(passage) for passage in found.passages]
    return "\n".join(
        [
            *(notice.text for notice in found.notices),
            *(hits or [found.why_nothing or "No passage that you may read was found."]),
        ]
    )


def _hit_text(passage: Passage) -> str:
    head = passage.context.splitlines()[0] if passage.context else passage.title
    return (
        f"{passage.score:.{SHOWN_DIGITS}f}  {head}\n"
        f"       {passage.uri}{_page(passage)}\n       {' '.join(passage.chunk_text.split())[:240]}"
    )


def _page(passage: Passage) -> str:
    page = passage.page_at(passage.chunk_start)
    return f", page {page}" if page else ""
