"""Counting tokens as a model counts them, without loading the model."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from core.errors import ModelError

# A vocabulary with fewer Chinese characters than this reads Chinese as a row of unknowns:
# all-MiniLM-L6-v2 has 500 odd, bge-m3 over 8,000; everyday Chinese needs 3,500.
_IDEOGRAPHS = 3000


class TextTokenizer:
    """The tokenizer of a model folder (`tokenizer.json`), safe to share between threads.

    `added_tokens` is what a text takes besides its own: special tokens, and `prompt` in front of it.

    Raises: ModelError if the folder has none or it cannot be read.
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
        """Return for each text where its tokens stand: half-open character offsets, in order.

        Special tokens are not among them.
        """
        encodings = self._whole.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens not counted."""
        encodings = self._whole.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def located_ids(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the ids of `ids`, and where each token stands; a special token stands nowhere: (0, 0)."""
        encoding = self._truncated.encode(text)
        return encoding.ids, encoding.offsets

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids with special tokens, cut at `max_tokens`."""
        return [encoding.ids for encoding in self._truncated.encode_batch_fast(list(texts))]


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the vendor raises bare Exception
        raise ModelError(f"{path} is not a tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
