"""What it costs to take one word for another: slips of the finger, and letters that sound alike.

A cost of 1 is any wrong letter. The edits are those of `core.text.identifiers.edits`; the order of the costs
follows Pollock and Zamora, "Automatic Spelling Correction in Scientific and Scholarly Text" (1984): most
errors leave out, add, double or swap one letter, and seldom the first.
"""

import re

_OTHER, _SWAPPED, _DOUBLED, _WEAK, _ALIKE = 1.0, 0.7, 0.5, 0.75, 0.8
# A word written as it sounds, whatever its letters: "fone" for "phone".
_SAME_SOUND = 0.75
_FIRST_LETTER = 0.5
_VOWELS = frozenset("aeiouyàáâäãåèéêëìíîïòóôöõùúûü")
_SOUND_PAIRS = frozenset(frozenset(pair) for pair in "ck cs sz gj fv dt mn bp cq kq wv sx".split())
_SOUNDS = (
    (re.compile(r"^(?:kn|gn)"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"[sz]h|[ct]i(?=[aeo])|ssi(?=o)"), "x"),
    (re.compile(r"gh(?=[tns]|$)|(?<=[aeiou])h"), ""),
    (re.compile(r"t(?=ch)|d(?=g)"), ""),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"ck|q|c"), "k"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=.)e$"), ""),
    (re.compile(r"(?<=.)[eiy]+"), "i"),
    (re.compile(r"(?<=.)[ouw]+"), "o"),
)


def cost(written: str, meant: str, limit: float) -> float:
    """Return the cost of writing one word for another; more than `limit` if it costs more, never exactly.

    Both are case-folded.
    """
    if abs(len(written) - len(meant)) > limit / _DOUBLED:
        return limit + 1
    if sound(written) == sound(meant):
        return min(_SAME_SOUND, _edits(written, meant, limit))
    first = 0.0 if written[:1] == meant[:1] or written[:2] == meant[1::-1] else _FIRST_LETTER
    return _edits(written, meant, limit) + first


def sound(word: str) -> str:
    """Return about how a word sounds: words that are spelled by ear differ in letters, not in this."""
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word


def _edits(written: str, meant: str, limit: float) -> float:
    before, row = list[float](), [0.0]
    for place in range(len(meant)):
        row.append(row[-1] + _beside(meant, place))
    for i in range(1, len(written) + 1):
        earlier, before, row = before, row, [row[0] + _beside(written, i - 1)]
        for j in range(1, len(meant) + 1):
            best = min(
                before[j] + _beside(written, i - 1),
                row[j - 1] + _beside(meant, j - 1),
                before[j - 1] + _replaced(written[i - 1], meant[j - 1]),
            )
            if i > 1 and j > 1 and written[i - 1] == meant[j - 2] and written[i - 2] == meant[j - 1]:
                best = min(best, earlier[j - 2] + _SWAPPED)
            row.append(best)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _beside(word: str, place: int) -> float:
    """Return the cost of a letter that only one of the words has."""
    letter = word[place]
    if letter in (word[place - 1 : place], word[place + 1 : place + 2]):
        return _DOUBLED
    return _WEAK if letter in _VOWELS or letter == "h" else _OTHER


def _replaced(letter: str, other: str) -> float:
    if letter == other:
        return 0.0
    alike = (letter in _VOWELS and other in _VOWELS) or frozenset((letter, other)) in _SOUND_PAIRS
    return _ALIKE if alike else _OTHER
