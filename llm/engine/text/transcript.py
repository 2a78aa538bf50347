"""Text decoded token by token, up to a stop string."""

from collections.abc import Mapping

from tokenizers import Tokenizer

_UNFINISHED = "\ufffd"  # a tokenizer's output for the first bytes of a character


class TextTranscript:
    """Decodes tokens as they come; holds back text that may begin a stop string.

    Each new piece is the difference between two decodings of the last few tokens, because a token's
    text depends on its neighbours and may be half a character.
    """

    def __init__(
        self, tokenizer: Tokenizer, stop: tuple[str, ...] = (), spelled: Mapping[int, str] | None = None
    ) -> None:
        """Decode up to one of `stop`. `spelled` are special tokens that are part of the text, with theirs."""
        self._tokenizer = tokenizer
        self._stop = stop
        self._spelled = spelled or {}
        self._tokens: list[int] = []
        self._start = 0
        self._end = 0
        self._held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """Return the text that is final after this token."""
        if token in self._spelled:
            return self._release(self._spelled[token])
        self._tokens.append(token)
        before = self._decode(self._start, self._end)
        after = self._decode(self._start, len(self._tokens))
        if after.endswith(_UNFINISHED) or len(after) <= len(before):
            return ""
        self._start, self._end = self._end, len(self._tokens)
        return self._release(after[len(before) :])

    def finish(self) -> str:
        """Return the text held back so far; empty after a stop string."""
        if self.stopped:
            return ""
        before = self._decode(self._start, self._end)
        rest = self._decode(self._start, len(self._tokens))[len(before) :]
        self._start = self._end = len(self._tokens)
        text = self._release(rest.rstrip(_UNFINISHED))
        held, self._held = self._held, ""
        return text + held

    def _decode(self, start: int, end: int) -> str:
        return self._tokenizer.decode(self._tokens[start:end], skip_special_tokens=True)

    def _release(self, piece: str) -> str:
        text = self._held + piece
        found = [position for position in (text.find(stop) for stop in self._stop) if position >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        held = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of `text` that begins `stop`."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-n:])), 0)
