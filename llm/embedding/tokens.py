"""The tokenizer of an embedder, which counts tokens without loading the model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from tokenizers import Tokenizer

from core.errors import ModelError

# A tokenizer with fewer Chinese characters than this turns most Chinese text into unknown tokens:
# all-MiniLM-L6-v2 has about 500, bge-m3 over 8,000; everyday Chinese needs 3,500.
_IDEOGRAPHS = 3000

_Token = TypeVar("_Token", int, tuple[int, int])


class TextTokenizer:
    """The tokenizer of a model folder (`tokenizer.json`), safe to share between threads.

    `added_tokens` is the number of tokens beside those of the text: special tokens and those of `prompt`.

    Raises: ModelError if the folder has no tokenizer, or it cannot be read.
    """

    def __init__(self, folder: Path, max_tokens: int, prompt: str = "") -> None:
        self._whole = _load(folder / "tokenizer.json")
        self._last = _special_at_the_end(self._whole)
        self.max_tokens = max_tokens
        self.reads_cjk = reads_cjk(self._whole)
        special: int = self._whole.num_special_tokens_to_add(is_pair=False)
        self.added_tokens = special + self.count([prompt])[0]

    def offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return the half-open character offsets of the tokens of each text in order.

        Special tokens are left out.
        """
        encodings = self._whole.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, without special tokens."""
        encodings = self._whole.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def is_word(self, text: str) -> bool:
        """Return whether a text is one token: a word that the model knows as a whole."""
        return len(self._whole.encode(text, add_special_tokens=False).ids) == 1

    def located_ids(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the token ids of a text, as `ids` does, and their offsets; a special token has (0, 0).

        Blanks in front of a word are not part of its token, though some tokenizers count them in.
        """
        encoding = self._whole.encode(text)
        spans = [_without_blanks(text, *span) for span in encoding.offsets]
        return self._cut(encoding.ids), self._cut(spans)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text with special tokens, cut at `max_tokens`."""
        return [self._cut(encoding.ids) for encoding in self._whole.encode_batch_fast(list(texts))]

    def _cut(self, tokens: list[_Token]) -> list[_Token]:
        """Return the first `max_tokens` of a text's tokens, the last of them those that end each text.

        The library truncates for all callers of a tokenizer or for none; a second one would take as much
        memory again, over 100 MB for a vocabulary of 250,000 pieces, and as long to read.
        """
        if len(tokens) <= self.max_tokens:
            return tokens
        return tokens[: self.max_tokens - self._last] + tokens[len(tokens) - self._last :]


def reads_cjk(tokenizer: Tokenizer) -> bool:
    """Return whether a vocabulary has the Chinese characters of everyday texts."""
    ideographs = sum("\u4e00" <= token.strip("#▁") <= "\u9fff" for token in tokenizer.get_vocab())
    return ideographs >= _IDEOGRAPHS


def _special_at_the_end(tokenizer: Tokenizer) -> int:
    """Return how many special tokens end each text."""
    special: int = tokenizer.num_special_tokens_to_add(is_pair=False)
    mask = tokenizer.encode("a").special_tokens_mask
    return min(special, next((number for number, one in enumerate(reversed(mask)) if not one), special))


def _without_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    token = text[start:end]
    return end - len(token.lstrip()), end


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the vendor raises bare Exception
        raise ModelError(f"{path} is not a tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
