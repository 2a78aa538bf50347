"""Cuts out of a sentence what its source does not say, where a sentence remains."""

import re
from collections.abc import Iterator, Sequence

from core.reading.reading import read

# An addition stands between commas, brackets or dashes, or begins with one of these words at the end.
_ADJUNCT = (
    r"per|as|according|in accordance|by order|because|since|due|thanks|in order|so that|following|under|for"
    r"|with|without|within|during|on|at|in|by|from|after|before|until|which|who|where|when|while|although"
    r"|unless|if|free"
)
_TRAILING = re.compile(rf" (?=(?:{_ADJUNCT}) )")
_SEPARATED = re.compile(
    r", [^,;]+(?=[,.;!?]|$)|，[^，。；]+|、[^、，。；]+|\s?[(（][^()（）]*[)）]|\s[–—][^–—]+"
    r"|(?<=[.!?]) [^.!?]+"
)
_LEADING = re.compile(r"^[^,，]{2,80}[,，]\s*")
_REPORTING = re.compile(
    r"^[^,.]{2,40}? (?:says|states|notes|mentions|explains|reports|writes|reads|specifies|adds|points out)"
    r" that "
)
_LOOSE = re.compile(r"[\s,;，、–—-]+(?=[.!?。！？]?\s*$)")
_END = re.compile(r"[.!?。！？]?\s*$")
# At least this many characters remain.
_SHORTEST = 8
# A part is cut if at least this share of its words is not in the source; an opening says little anyway.
_MOSTLY, _OPENING = 0.3, 0.01
_MOST_TRIES = 8


def shortened(sentence: str, unsupported: Sequence[str]) -> Iterator[str]:
    """Yield the sentence without one part that holds words of `unsupported`, the least shortened first."""
    spans = {
        (start, end)
        for start, end in _parts(sentence)
        if _holds(sentence[start:end], unsupported, _MOSTLY if start else _OPENING)
    }
    tries = sorted(spans, key=lambda span: span[1] - span[0])[:_MOST_TRIES]
    for start, end in tries:
        rest = _LOOSE.sub("", sentence[:start] + sentence[end:])
        if len(rest.strip()) >= _SHORTEST:
            yield rest if start else rest[:1].upper() + rest[1:]


def _parts(sentence: str) -> Iterator[tuple[int, int]]:
    ending = _END.search(sentence)
    end = ending.start() if ending else len(sentence)
    for match in _SEPARATED.finditer(sentence):
        yield match.start(), min(match.end(), end)
    for match in _TRAILING.finditer(sentence, 1, end):
        yield match.start(), end
    for pattern in (_LEADING, _REPORTING):
        leading = pattern.match(sentence)
        if leading:
            yield leading.span()


def _holds(part: str, unsupported: Sequence[str], least: float) -> bool:
    """Return whether at least this share of what a part says is not in the source."""
    words = [word.text for word in read(part).words if not word.vague]
    return bool(words) and sum(word in unsupported for word in words) >= least * len(words)
