"""The prompt with which a chat model is tried out: a real one, with rules, a passage and a question."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import ModelError
from core.values.answers import Inquiry, Passage
from core.values.search import AccessScope
from llm.chat.guide import citation_guide
from llm.chat.neural import ChatModel
from llm.chat.prompt import build_prompt
from llm.chat.written import Form
from llm.engine.request import Delta, Finish, Sampling
from llm.engine.text.conversation import ChatRequest
from llm.engine.text.thoughts import ThoughtFilter

_TEXT = "The boiler BLR-7 runs at 6 bar. Its safety valve opens at 8 bar. The water is checked every week."
_QUESTION = "At which pressure does the safety valve of the boiler BLR-7 open?"
_ANSWER_TOKENS = 64
_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a chat model answered a real prompt."""

    text: str
    """What it wrote."""
    marked: bool
    """Whether it marked what it said with the number of the passage."""
    thinks: bool
    """Whether it began with thought, which takes its part of the longest answer."""
    tokens: int
    """Of the answer; 0 if a server does not count them."""
    first_token_seconds: float
    tokens_per_second: float
    """The speed of a single request after its first token; 0 if a server does not count tokens."""


def try_out(chat: ChatModel) -> Trial:
    """Ask a chat model a question as an asker would, with a grammar if it can do one.

    Raises: ModelError if it refuses the prompt or cannot answer; InputError if its context is too small.
    """
    start, first, tokens, text = time.perf_counter(), 0.0, 0, ""
    for part in _answer(chat):
        if isinstance(part, Finish):
            tokens = part.usage.completion_tokens or tokens
        elif part.text or part.tokens:
            first = first or time.perf_counter()
            tokens += len(part.tokens)
            text += part.text
    last = time.perf_counter()
    thought, form = ThoughtFilter(), Form()
    said = [one for line in text.split("\n") for one in form.line(thought.line(line))]
    return Trial(
        text=text,
        marked=any(one.marks for one in said),
        thinks=thought.thinks or thought.closed_alone or bool(chat.begins_thinking),
        tokens=tokens,
        first_token_seconds=(first or last) - start,
        tokens_per_second=tokens / max(last - first, 1e-9) if first else 0.0,
    )


def _answer(chat: ChatModel) -> Iterator[Delta | Finish]:
    budget = chat.max_context_tokens - _ANSWER_TOKENS
    inquiry = Inquiry(question=_QUESTION, scope=AccessScope(frozenset()))
    prompt = build_prompt(inquiry, [_passage()], chat.count_tokens, budget)
    if not prompt.shown:
        raise ModelError(f"a prompt with one passage does not fit into {chat.max_context_tokens} tokens")
    request = ChatRequest(
        messages=prompt.messages,
        sampling=Sampling(max_tokens=_ANSWER_TOKENS),
        guide=citation_guide(prompt) if chat.guided else None,
        timeout_seconds=_TIMEOUT_SECONDS,
    )
    return chat.stream(request)


def _passage() -> Passage:
    return Passage(
        chunk_id=1,
        document_id=1,
        uri="example:boiler",
        title="Boiler",
        version=1,
        context="Boiler",
        text=_TEXT,
        start=0,
        chunk_start=0,
        chunk_end=len(_TEXT),
        score=1.0,
    )
