"""Guided output: llguidance computes which tokens a grammar allows next."""

from collections.abc import Callable

from llguidance import LLMatcher, LLTokenizer
from tokenizers import Tokenizer

from core.errors import GenerationFailedError, RequestInvalidError
from llm.engine.request import Guide, GuideKind

MAX_GRAMMAR_BYTES = 64 * 1024
_COMPILERS: dict[GuideKind, Callable[[str], str]] = {
    GuideKind.JSON_SCHEMA: LLMatcher.grammar_from_json_schema,
    GuideKind.REGEX: LLMatcher.grammar_from_regex,
    GuideKind.LARK: LLMatcher.grammar_from_lark,
}


class GrammarMatcher:
    """Follows one request's output through its grammar."""

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher

    def allowed(self) -> bytes:
        """Return one bit for each token id, least significant bit first, 1 where it may come next."""
        return bytes(self._matcher.compute_bitmask())

    def accept(self, token: int) -> None:
        """Advance by the chosen token. Raises: GenerationFailedError if the grammar forbids it."""
        if not self._matcher.consume_token(token):
            raise GenerationFailedError(f"the grammar failed: {self._matcher.get_error()}")

    @property
    def finished(self) -> bool:
        """Whether the output is complete: only its end may follow."""
        return self._matcher.is_stopped()


class Grammars:
    """Compiles grammars for one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, end_token: int) -> None:
        plain = Tokenizer.from_str(tokenizer.to_str())
        plain.no_padding()
        plain.no_truncation()
        self._tokenizer = LLTokenizer(plain.to_str(), eos_token=end_token)

    def matcher(self, guide: Guide) -> GrammarMatcher:
        """Return a matcher at the grammar's start.

        Raises: RequestInvalidError if the grammar is malformed or too large.
        """
        if len(guide.source.encode()) > MAX_GRAMMAR_BYTES:
            raise RequestInvalidError(f"the grammar is larger than {MAX_GRAMMAR_BYTES} bytes")
        try:
            grammar = _COMPILERS[guide.kind](guide.source)
        except ValueError as error:
            raise RequestInvalidError(f"the grammar cannot be read: {error}") from error
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise RequestInvalidError(f"the grammar cannot be used: {matcher.get_error()}")
        return GrammarMatcher(matcher)
