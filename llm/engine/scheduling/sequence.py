"""One request's state while the engine works on it."""

from array import array
from collections.abc import MutableSequence
from collections.abc import Sequence as Tokens
from typing import Protocol

from llm.engine.request import FinishReason, GenerationRequest, Usage
from llm.engine.scheduling.pages import page_digest, prefix_root


class Matcher(Protocol):
    """Follows a grammar through one request's output."""

    def allowed(self) -> bytes:
        """Return one bit for each token id, least significant bit first, 1 where it may come next."""
        ...

    def accept(self, token: int) -> None:
        """Advance by the chosen token. Raises: GenerationFailedError if the grammar forbids it."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the output is complete: only its end may follow."""
        ...


class Transcript(Protocol):
    """Turns one request's tokens into text."""

    def add(self, token: int) -> str:
        """Return the text that is final after this token."""
        ...

    def finish(self) -> str:
        """Return the text held back so far."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether a stop string occurred; the text ends before it."""
        ...


class Sequence:
    """The tokens of a request, how many are computed, and the pages that hold their keys and values.

    `tokens[:computed]` have their keys and values in `pages`; a step computes some of the rest.
    Decoding is not a phase of its own: a sequence decodes while one token remains.
    """

    def __init__(
        self,
        number: int,
        request: GenerationRequest,
        turn: float,
        matcher: Matcher | None = None,
        transcript: Transcript | None = None,
    ) -> None:
        self.number = number
        self.request = request
        self.turn = (turn, number)
        self.matcher = matcher
        self.transcript = transcript
        self.tokens: list[int] = list(request.prompt)
        self.computed = 0
        self.cached = 0
        self.pages: MutableSequence[int] = array("q")  # numpy copies it without converting each number
        self.ended = False
        self._digests: list[bytes] = []
        self._root = prefix_root(request.salt, request.adapter)

    @property
    def num_prompt(self) -> int:
        """The number of tokens of the prompt."""
        return len(self.request.prompt)

    @property
    def output(self) -> Tokens[int]:
        """The tokens generated so far."""
        return self.tokens[self.num_prompt :]

    @property
    def remaining(self) -> int:
        """The number of tokens to compute before the next one can be chosen."""
        return len(self.tokens) - self.computed

    @property
    def max_length(self) -> int:
        """The most tokens of prompt and answer; the last one is never computed."""
        return self.num_prompt + self.request.sampling.max_tokens

    @property
    def usage(self) -> Usage:
        """The request's tokens so far."""
        return Usage(self.num_prompt, self.cached, len(self.tokens) - self.num_prompt)

    def digest(self, index: int, page_tokens: int) -> bytes:
        """Return the digest of the 0-based full page `index` of this sequence."""
        while len(self._digests) <= index:
            parent = self._digests[-1] if self._digests else self._root
            start = len(self._digests) * page_tokens
            self._digests.append(page_digest(parent, self.tokens[start : start + page_tokens]))
        return self._digests[index]

    def append(self, token: int) -> FinishReason | None:
        """Add a chosen token; return why the request ends with it, or None. Stop strings are left to `spell`.

        Raises: GenerationFailedError if the token breaks the request's grammar.
        """
        self.tokens.append(token)
        if self.matcher is not None:
            self.matcher.accept(token)
        if self._is_stop(token) or (self.matcher is not None and self.matcher.finished):
            return FinishReason.STOP
        return FinishReason.LENGTH if len(self.tokens) >= self.max_length else None

    def spell(self, token: int, reason: FinishReason | None) -> tuple[str, FinishReason | None]:
        """Return the text that is final after an appended token, and why the request ends, or None.

        A stop string may end it here. This is apart from `append`, because decoding text takes time and the
        next step need not wait for it.
        """
        if self.transcript is None:
            return "", reason
        text = "" if self._is_stop(token) else self.transcript.add(token)
        reason = FinishReason.STOP if self.transcript.stopped else reason
        return text + (self.transcript.finish() if reason is not None else ""), reason

    def _is_stop(self, token: int) -> bool:
        return token in self.request.sampling.stop_tokens
