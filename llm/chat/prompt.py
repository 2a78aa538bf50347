"""The prompt of an answer; its constant parts come first, so that their computed prefix can be reused.

The order is rules, passages (by document, not by rank), earlier turns, question. A passage's text
is quoted line by line, so that no line of it can pass for a heading, a rule or a question.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain

from core.errors import InputError
from core.logs import noted
from core.text.language import sentences
from core.values.answers import Inquiry, Passage, Turn
from core.values.documents import BlockKind
from core.values.notices import PASSAGES_LEFT_OUT, TURNS_LEFT_OUT, Notice
from llm.chat.prompt_language import PromptWords, words_for
from llm.engine.text.conversation import Message

CountTokens = Callable[[str], int]

# Chat templates wrap each message in a few markers of their own.
_TEMPLATE_TOKENS = 16
_HISTORY_SHARE = 0.25
_LINE_BREAKS = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage as the model sees it."""

    number: int
    """Its marker in the prompt is `[number]`."""
    place: int
    """Its 0-based place among the passages given."""
    passage: Passage
    """Perhaps trimmed to some of its sentences; its offsets still hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The messages for a chat model, and how to read its answer."""

    messages: tuple[Message, ...]
    shown: tuple[ShownPassage, ...]
    refusal: str
    """The line by which the model declines."""
    notices: tuple[Notice, ...]
    """What did not fit."""


def build_prompt(
    inquiry: Inquiry, passages: Sequence[Passage], count_tokens: CountTokens, budget_tokens: int
) -> Prompt:
    """Return a prompt of at most `budget_tokens` that shows as many of the best passages as fit.

    `passages` come best first; the last that fits is trimmed at sentences. The latest turns of the
    conversation are included as long as they take at most a quarter of the budget.

    Raises: InputError if the question alone is too long.
    """
    words = words_for([passage.text for passage in passages])
    spare = budget_tokens - _cost([words.rules, words.passages, _asked(words, inquiry)], count_tokens)
    if spare < 0:
        raise InputError(f"the question exceeds the model's context by {-spare} tokens")
    history = _latest(inquiry.history, count_tokens, min(spare, budget_tokens * _HISTORY_SHARE))
    spare -= sum(_cost([turn.question, turn.answer], count_tokens) for turn in history)
    shown = _number(_choose([one.narrowed() for one in passages], count_tokens, spare))
    return Prompt(
        messages=_messages(words, shown, _asked(words, inquiry), history),
        shown=shown,
        refusal=words.refusal,
        notices=tuple(_left_out(inquiry, history, passages, shown)),
    )


def _left_out(
    inquiry: Inquiry, history: Sequence[Turn], passages: Sequence[Passage], shown: Sequence[ShownPassage]
) -> Iterator[Notice]:
    """Yield a notice for turns that do not fit, and for passages that were left out or trimmed."""
    if len(history) < len(inquiry.history):
        fitting = f"{len(history)} of {len(inquiry.history)} turns fit"
        yield noted(TURNS_LEFT_OUT, "prompt.turns_left_out", fitting)
    whole = sum(one.passage == passages[one.place].narrowed() for one in shown)
    if whole < len(passages):
        yield noted(PASSAGES_LEFT_OUT, "prompt.passages_left_out", f"{whole} of {len(passages)} passages fit")


def _asked(words: PromptWords, inquiry: Inquiry) -> str:
    return f"{words.question} {inquiry.question}"


def _cost(texts: Sequence[str], count_tokens: CountTokens) -> int:
    """Return how many tokens the messages with these texts take."""
    return sum(count_tokens(text) + _TEMPLATE_TOKENS for text in texts)


def _latest(history: tuple[Turn, ...], count_tokens: CountTokens, limit: float) -> tuple[Turn, ...]:
    """Return as many of the latest turns as take at most `limit` tokens."""
    costs = [_cost([turn.question, turn.answer], count_tokens) for turn in reversed(history)]
    fitting = sum(total <= limit for total in accumulate(costs))
    return history[len(history) - fitting :]


def _messages(
    words: PromptWords, shown: Sequence[ShownPassage], asked: str, history: tuple[Turn, ...]
) -> tuple[Message, ...]:
    opening = "\n\n".join([words.passages, *(_entry(one.number, one.passage) for one in shown)])
    earlier = [(Message("user", turn.question), Message("assistant", turn.answer)) for turn in history]
    first, *later = (*chain.from_iterable(earlier), Message("user", asked))
    return (
        Message("system", words.rules),
        replace(first, content=f"{opening}\n\n{first.content}"),
        *later,
    )


def _entry(number: int, passage: Passage) -> str:
    heading = _LINE_BREAKS.sub(" › ", passage.context or passage.title)
    text = "\n".join(f"> {line}" for line in _LINE_BREAKS.split(passage.text))
    return f"[{number}] {heading}\n{text}"


def _choose(passages: Sequence[Passage], count_tokens: CountTokens, spare: int) -> list[tuple[int, Passage]]:
    """Return the passages that fit and their places, best first, up to the first that must be trimmed."""
    chosen: list[tuple[int, Passage]] = []
    for place, passage in enumerate(passages):
        cost = count_tokens(_entry(0, passage)) + 1
        if cost > spare:
            trimmed = _trim(passage, lambda piece: count_tokens(_entry(0, piece)), spare)
            return [*chosen, (place, trimmed)] if trimmed else chosen
        chosen.append((place, passage))
        spare -= cost
    return chosen


def _trim(passage: Passage, cost: Callable[[Passage], int], spare: int) -> Passage | None:
    """Return the longest run of whole sentences that fits, from where the found chunk begins."""
    if passage.kind is BlockKind.ROW:
        return None
    found_at = passage.chunk_start - passage.start
    spans = [span for span in sentences(passage.text) if span[1] > found_at]
    kept: Passage | None = None
    for _, end in spans:
        piece = _cut(passage, spans[0][0], end)
        if cost(piece) >= spare:
            break
        kept = piece
    return kept


def _cut(passage: Passage, start: int, end: int) -> Passage:
    """Return the part of a passage between offsets in its text; the chunk's offsets are cut alike."""
    first, last = passage.start + start, passage.start + end
    return replace(
        passage,
        text=passage.text[start:end],
        start=first,
        chunk_start=min(max(passage.chunk_start, first), last),
        chunk_end=min(max(passage.chunk_end, first), last),
    )


def _number(chosen: list[tuple[int, Passage]]) -> tuple[ShownPassage, ...]:
    """Number the passages in an order that does not depend on the question."""
    stable = sorted(chosen, key=lambda entry: (entry[1].document_id, entry[1].start, entry[0]))
    return tuple(ShownPassage(number, place, passage) for number, (place, passage) in enumerate(stable, 1))
