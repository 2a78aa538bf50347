"""The neural generator: it turns a chat model's lines into sentences with quotes to check."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol

from core.logs import noted
from core.text.language import sentences, terms
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.documents import BlockKind
from core.values.forms import Shape
from core.values.notices import ANSWER_CUT, Notice
from core.values.search import AccessScope
from llm.chat.prompt import Prompt, ShownPassage, build_prompt, citation_guide
from llm.engine.request import Delta, Finish, FinishReason, Priority, Sampling
from llm.engine.text.conversation import ChatRequest
from llm.generator import Draft

_MARKER = re.compile(r"\s*\[(\d{1,4})\]")
# A neighbouring sentence joins the quote if it adds more than this share of the answer's words.
_WORTH_QUOTING = 0.15


class ChatModel(Protocol):
    """A neural back end: the engine, a remote server, or plain `generate`."""

    name: str
    max_context_tokens: int
    guided: bool
    notices: tuple[Notice, ...]
    """What every answer of it has to do without."""

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens that `text` takes, or an upper bound."""
        ...

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield the deltas of an answer, some empty, then its finish; closing the iterator cancels.

        Raises: ModelError or a subclass.
        """
        ...

    def close(self) -> None:
        """Release all resources."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """The limits of an answer in tokens and seconds, and the adapter that writes it."""

    max_tokens: int = 512
    timeout_seconds: float = 120.0
    adapter: str = ""


class NeuralGenerator:
    """Drafts answers with a chat model; the markers of each line become quotes from the passages."""

    def __init__(self, chat: ChatModel, options: AnswerOptions | None = None) -> None:
        self.name = chat.name
        self._chat = chat
        self._options = options or AnswerOptions()

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the sentences of an answer as they are written, each once, unless the model declines.

        A marker of a passage that was not shown is ignored.
        """
        budget = self._chat.max_context_tokens - self._options.max_tokens
        prompt = build_prompt(inquiry, passages, self._chat.count_tokens, budget) if passages else None
        if prompt is None:
            return
        yield from (*self._chat.notices, *prompt.notices)
        if not prompt.shown:
            return
        said: set[str] = set()
        for line in _lines(self._chat.stream(self._request(inquiry, prompt))):
            if isinstance(line, Notice):
                yield line
                continue
            if line is not None and line.startswith(prompt.refusal):
                return
            sentence = None if line is None or line in said else _sentence(line, prompt.shown)
            yield replace(sentence, shape=Shape(block=len(said))) if sentence else None
            said.add(line or "")

    def warm_up(self) -> None:
        """Do nothing: the chat model is loaded already."""

    def close(self) -> None:
        """Close the chat model."""
        self._chat.close()

    def _request(self, inquiry: Inquiry, prompt: Prompt) -> ChatRequest:
        return ChatRequest(
            messages=prompt.messages,
            sampling=Sampling(max_tokens=self._options.max_tokens),
            guide=citation_guide(prompt) if self._chat.guided else None,
            adapter=self._options.adapter,
            salt=_salt(inquiry.scope),
            priority=Priority.BACKGROUND if inquiry.background else Priority.INTERACTIVE,
            timeout_seconds=self._options.timeout_seconds,
        )


def _salt(scope: AccessScope) -> str:
    """Return a cache key for computed prefixes that only users of equal scope share."""
    principals = "\n".join(sorted(scope.principals)).encode()
    return blake2b(principals, digest_size=16).hexdigest()


def _lines(answer: Iterable[Delta | Finish]) -> Iterator[str | Notice | None]:
    """Yield each line of an answer once it is complete, and None for a delta that completes no line.

    A line that the length limit cut off is left out; a notice says that the limit was reached.
    """
    rest = ""
    for part in answer:
        if isinstance(part, Finish):
            if part.reason is FinishReason.LENGTH:
                rest = rest if rest.rstrip().endswith("]") else ""
                yield noted(ANSWER_CUT, "answer.cut", "the model reached llm.max_answer_tokens")
        else:
            *lines, rest = (rest + part.text).split("\n")
            whole = [line for line in map(str.strip, lines) if line]
            yield from whole or (None,)
    if rest.strip():
        yield rest.strip()


def _sentence(line: str, shown: Sequence[ShownPassage]) -> DraftSentence:
    cited = {int(number) for number in _MARKER.findall(line)}
    text = _MARKER.sub("", line).strip()
    words = set(terms(text))
    proofs = [(one, *_quote(words, one.passage)) for one in shown if one.number in cited]
    known = {word for one, start, end in proofs for word in _known(one.passage, start, end)}
    support = len(words & known) / len(words) if words else 0.0
    return DraftSentence(text, tuple((one.place, start, end) for one, start, end in proofs), support)


def _quote(words: set[str], passage: Passage) -> tuple[int, int]:
    """Return the offsets of the sentence that shares most of `words`, with a neighbour if it adds enough."""
    whole = [(0, len(passage.text))]
    spans = whole if passage.kind is BlockKind.ROW else sentences(passage.text) or whole
    known = [words & set(terms(passage.text[start:end])) for start, end in spans]
    best = max(range(len(spans)), key=lambda place: len(known[place]))
    first = last = best
    for neighbour in (best - 1, best + 1):
        if 0 <= neighbour < len(spans) and len(known[neighbour] - known[best]) > _WORTH_QUOTING * len(words):
            first, last = min(first, neighbour), max(last, neighbour)
    return passage.start + spans[first][0], passage.start + spans[last][1]


def _known(passage: Passage, start: int, end: int) -> set[str]:
    quote = passage.text[start - passage.start : end - passage.start]
    return set(terms(f"{passage.context} {quote}"))
