"""The wire format: requests, and values as JSON."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.store.documents.reading import DocumentEntry
from core.store.uploads import UploadEnd, UploadEntry
from core.text.labels import SearchFilter
from core.values.answers import SHOWN_DIGITS, Answer, AnswerSentence, Passage, Turn
from core.values.forms import Shape
from retrieval.search import Results

MAX_QUESTION_CHARACTERS = 20_000
MAX_ANSWER_CHARACTERS = 20_000
MAX_TURNS = 50

Question = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARACTERS)
]


class Request(BaseModel):
    """A request body; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EarlierTurn(Request):
    """A question asked earlier in the conversation, and the answer that was given."""

    question: Question
    answer: Annotated[str, StringConstraints(max_length=MAX_ANSWER_CHARACTERS)] = ""
    """Empty if the question was refused."""


Words = Annotated[
    frozenset[Annotated[str, StringConstraints(min_length=1, max_length=4096)]], Field(max_length=50)
]


class FilterRequest(Request):
    """The documents to search: of each field that is given, one value must hold."""

    sources: Words = frozenset()
    types: Words = frozenset()
    languages: Words = frozenset()
    tags: Words = frozenset()
    devices: Words = frozenset()
    since: date | None = None
    """The first day that counts."""
    as_of: date | None = None
    """The last day that counts."""

    @property
    def within(self) -> SearchFilter:
        """The filter that a search takes."""
        return SearchFilter(
            sources=self.sources,
            types=self.types,
            languages=self.languages,
            tags=self.tags,
            devices=self.devices,
            since=self.since,
            until=self.as_of,
        )


class AskRequest(Request):
    """The body of `POST /v1/ask`."""

    question: Question
    stream: bool = False
    filter: FilterRequest = FilterRequest()
    history: tuple[EarlierTurn, ...] = Field((), max_length=MAX_TURNS)
    """The conversation so far, the oldest turn first."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation so far."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.history)


class SearchRequest(Request):
    """The body of `POST /v1/search`."""

    question: Question
    limit: int = Field(10, ge=1, le=100)
    filter: FilterRequest = FilterRequest()


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the answer contract as JSON values."""
    return {
        **asdict(answer),
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "confidence": round(answer.confidence, SHOWN_DIGITS),
        "notices": [notice.text for notice in answer.notices],
    }


def sentence_json(sentence: AnswerSentence) -> dict[str, Any]:
    """Return a sentence of an answer as JSON values."""
    return {**asdict(sentence), "support": round(sentence.support, SHOWN_DIGITS)}


def shape_json(shape: Shape) -> dict[str, Any]:
    """Return the place of a sentence in the form of its answer as JSON values."""
    return {
        "block": shape.block,
        "kind": shape.form,
        "item": shape.is_item,
        "depth": shape.depth,
        "verdict": shape.verdict,
    }


def results_json(results: Results) -> dict[str, Any]:
    """Return the results of a search as JSON values."""
    hits = [passage_json(passage) for passage in results.passages]
    return {"hits": hits, "notices": notices_of(results)}


def notices_of(results: Results) -> list[str]:
    """Return the notices of a search and, if nothing can be found, the reason."""
    return [*(notice.text for notice in results.notices), *filter(None, [results.why_nothing])]


def passage_json(passage: Passage) -> dict[str, Any]:
    """Return a found chunk as a citation with its context and score."""
    citation = passage.cite(passage.chunk_start, passage.chunk_end)
    found = {
        "context": passage.context,
        "language": passage.language,
        "score": round(passage.score, SHOWN_DIGITS),
    }
    return {**asdict(citation), **found}


def document_json(entry: DocumentEntry) -> dict[str, Any]:
    """Return a document's entry as JSON values."""
    return {**asdict(entry), "updated_at": entry.updated_at.isoformat()}


def job_json(entry: UploadEntry) -> dict[str, Any]:
    """Return an upload's job as JSON values; what became of it is empty until it has ended."""
    end = entry.end or UploadEnd(outcome="")
    return {
        "id": entry.id,
        "kind": "upload",
        "state": entry.state,
        "ahead": entry.ahead,
        "name": entry.upload.name,
        "uri": entry.upload.uri,
        "public": entry.upload.public,
        "size_bytes": entry.upload.size_bytes,
        "outcome": end.outcome,
        "document_id": entry.document_id,
        "reason": end.reason or entry.reason,
        "code": end.code,
        "notices": end.notices,
        "created_at": entry.created_at.isoformat(),
        "updated_at": entry.updated_at.isoformat(),
    }


def error_json(code: str, message: str) -> dict[str, Any]:
    """Return the one form that every error has."""
    return {"error": {"code": code, "message": message}}
