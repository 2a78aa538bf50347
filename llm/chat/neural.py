"""The neural generator: it turns a chat model's lines into sentences with quotes to check."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from core.errors import RequestTooLongError
from core.logs import noted
from core.text.language import sentences, terms
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.documents import BlockKind
from core.values.notices import ANSWER_CUT, MODEL_DECLINED, Notice
from core.values.search import AccessScope
from llm.chat.guide import citation_guide
from llm.chat.prompt import Prompt, ShownPassage, build_prompt
from llm.chat.written import Form, Written, whole_sentences
from llm.engine.request import Delta, Finish, FinishReason, Priority, Sampling
from llm.engine.text.conversation import ChatRequest
from llm.engine.text.thoughts import ThoughtFilter
from llm.generator import Draft

# A neighbouring sentence joins the quote if it adds more than this share of the answer's words.
_WORTH_QUOTING = 0.15
# How often a prompt that was too long after all is made anew, with half of its room each time.
_SHORTER_PROMPTS = 2


class ChatModel(Protocol):
    """A neural back end: the engine, a remote server, or plain `generate`."""

    name: str
    max_context_tokens: int
    guided: bool
    notices: tuple[Notice, ...]
    """What every answer of it has to do without."""

    @property
    def begins_thinking(self) -> bool | None:
        """Whether its answers begin inside a thought that its prompt opens; None if that is not known."""
        ...

    def check(self) -> None:
        """Look whether it can answer. Raises: ModelError or a subclass."""
        ...

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
        self._begins_thinking = chat.begins_thinking

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the sentences of an answer as they are written, each once, unless the model declines.

        What the model thinks is left out. A sentence whose marks name no passage that was shown has no
        citation. If the prompt is too long after all, fewer passages are shown.
        """
        budget = self._chat.max_context_tokens - self._options.max_tokens
        for tries_left in reversed(range(_SHORTER_PROMPTS + 1)):
            prompt = build_prompt(inquiry, passages, self._chat.count_tokens, budget) if passages else None
            try:
                yield from self._drafted(inquiry, prompt) if prompt else ()
                return
            except RequestTooLongError:  # raised before the first token
                if not tries_left or prompt is None:
                    raise
                budget = sum(self._chat.count_tokens(one.content) for one in prompt.messages) // 2

    def warm_up(self) -> None:
        """Look whether the chat model can answer. Raises: ModelError or a subclass."""
        self._chat.check()

    def _drafted(self, inquiry: Inquiry, prompt: Prompt) -> Draft:
        notices = (*self._chat.notices, *prompt.notices)
        if not prompt.shown:
            yield from notices
            return
        form = Form()
        for line in self._lines(self._chat.stream(self._request(inquiry, prompt))):
            yield from notices
            notices = ()
            if line is None or isinstance(line, Notice):
                yield line
                continue
            if line.strip().startswith(prompt.refusal):
                yield noted(MODEL_DECLINED, "answer.declined", "the model wrote the refusal", model=self.name)
                return
            yield from (_sentence(one, prompt.shown) for one in form.line(line))
        yield from (_sentence(one, prompt.shown) for one in form.finish())

    def _lines(self, answer: Iterable[Delta | Finish]) -> Iterator[str | Notice | None]:
        """Yield each line of the answer once it is complete, without thought, and None in between.

        All lines are held to the end as long as they may turn out to be thought. A sentence that the length
        limit cut off is left out, with a notice.
        """
        thought, held, cut = ThoughtFilter(), list[str](), False
        for line in _lines_of(answer):
            if line is None or isinstance(line, Notice):
                cut = cut or line is not None
                yield line
                continue
            said = thought.line(line)
            held = [] if thought.closed_alone and self._begins_thinking is not False else held
            held += [said] if said else []
            if self._begins_thinking is False or thought.closed_alone:
                yield from held
                held = []
        if not (cut and self._begins_thinking):
            yield from held
        self._begins_thinking = thought.closed_alone or (self._begins_thinking or False)

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


def _lines_of(answer: Iterable[Delta | Finish]) -> Iterator[str | Notice | None]:
    """Yield each line of an answer once it is complete, and None for a delta that completes no line."""
    rest = ""
    for part in answer:
        if isinstance(part, Finish):
            if part.reason is FinishReason.LENGTH:
                rest = whole_sentences(rest)
                yield noted(ANSWER_CUT, "answer.cut", "the model reached llm.max_answer_tokens")
        else:
            *lines, rest = (rest + part.text).split("\n")
            yield from [line for line in lines if line.strip()] or (None,)
    if rest.strip():
        yield rest


def _sentence(one: Written, shown: Sequence[ShownPassage]) -> DraftSentence:
    counted = Counter(terms(one.text))
    proofs = [(by, *_quote(set(counted), by.passage)) for by in shown if by.number in one.marks]
    known = Counter(word for by, start, end in proofs for word in _known(by.passage, start, end))
    total = counted.total()
    return DraftSentence(
        text=one.text,
        citations=tuple((by.place, start, end) for by, start, end in proofs),
        support=(counted & known).total() / total if total else 0.0,
        shape=one.shape,
        written=True,
    )


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


def _known(passage: Passage, start: int, end: int) -> list[str]:
    quote = passage.text[start - passage.start : end - passage.start]
    return terms(f"{passage.context} {quote}")
