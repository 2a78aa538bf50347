"""The tokenizer of an embedder, which counts tokens without loading the model."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from core.errors import ModelError

# A tokenizer with fewer Chinese characters than this turns most Chinese text into unknown tokens:
# all-MiniLM-L6-v2 has about 500, bge-m3 over 8,000; everyday Chinese needs 3,500.
_IDEOGRAPHS = 3000


class TextTokenizer:
    """The tokenizer of a model folder (`tokenizer.json`), safe to share between threads.

    `added_tokens` is the number of tokens beside those of the text: special tokens and those of `prompt`.

    Raises: ModelError if the folder has no tokenizer, or it cannot be read.
    """

    def __init__(self, folder: Path, max_tokens: int, prompt: str = "") -> None:
        self._whole = _load(folder / "tokenizer.json")
        self._truncated = _load(folder / "tokenizer.json")
        self._truncated.enable_truncation(max_tokens)
        self.max_tokens = max_tokens
        ideographs = sum("\u4e00" <= token.strip("#▁") <= "\u9fff" for token in self._whole.get_vocab())
        self.reads_cjk = ideographs >= _IDEOGRAPHS
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
        """Return the token ids of a text, as `ids` does, and their offsets; a special token has (0, 0)."""
        encoding = self._truncated.encode(text)
        return encoding.ids, encoding.offsets

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text with special tokens, cut at `max_tokens`."""
        return [encoding.ids for encoding in self._truncated.encode_batch_fast(list(texts))]


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the vendor raises bare Exception
        raise ModelError(f"{path} is not a tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
