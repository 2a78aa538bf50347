"""A unigram tokenizer from its pieces, as the `tokenizer.json` of a model folder."""

import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from core.errors import ModelError

_WORD_START = "▁"
# Characters that a folder's own table treats unlike Unicode's normal form pass through these of private use.
_PRIVATE = 0xE000
_MOST_OWN = 64


def unigram_tokenizer(
    pieces: Sequence[tuple[str, float]], special: Sequence[int], normalized: dict[str, str]
) -> Tokenizer:
    """Return a tokenizer of `pieces` with their scores, which reads as SentencePiece does.

    `special` are the numbers of the pieces that begin and end a text, pad it, and stand for the unknown;
    `normalized` says what single characters become, in SentencePiece's rules `nmt_nfkc`.

    Raises: ModelError if the table is not that of these rules.
    """
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=special[3]))
    tokenizer.normalizer = _normalizer(normalized)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_WORD_START, prepend_scheme="always")
    begin, end = (pieces[number][0] for number in special[:2])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, special[0]), (end, special[1])],
    )
    tokenizer.add_special_tokens([AddedToken(pieces[number][0], normalized=False) for number in special])
    return tokenizer


def _normalizer(normalized: dict[str, str]) -> normalizers.Normalizer:
    """Return Unicode's normal form KC after the rules of nmt, except where the table differs."""
    usual = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    own = [(old, normalized.get(old, old)) for old in sorted({*normalized, *_changed()})]
    own = [(old, new) for old, new in own if usual.normalize_str(old) != new]
    if len(own) > _MOST_OWN:
        raise ModelError(f"the tokenizer's table differs from nmt_nfkc in {len(own)} characters")
    private = [chr(_PRIVATE + number) for number in range(len(own))]
    before = [normalizers.Replace(old, stand_in) for (old, _), stand_in in zip(own, private, strict=True)]
    after = [normalizers.Replace(stand_in, new) for (_, new), stand_in in zip(own, private, strict=True)]
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    return normalizers.Sequence([*before, usual, *after, spaces])


@cache
def _changed() -> list[str]:
    """Return the characters that Unicode's normal form KC changes."""
    characters = map(chr, range(sys.maxunicode + 1))
    return [one for one in characters if unicodedata.normalize("NFKC", one) != one]
