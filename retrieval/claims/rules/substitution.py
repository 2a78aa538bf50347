"""A word that stands in the place of another: all around it is as in the source."""

import re

from core.reading.alignment import Alignment
from core.reading.lexicon.lookup import agree, opposite
from core.reading.values import Reading, Word

# A Chinese word has up to so many characters, each of which is a word to the reading.
_CHARACTERS = 4
# Shorter words of grammar belong to any sentence.
_LONG = re.compile(r"[a-z]{5,}")
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being) $")
# What a Chinese sentence ends in, without the particles that any may have.
_ENDING = re.compile(r"([\u4e00-\u9fff]*?)[的了着过地得等吗呢吧啊]*[。！？\s]*$")
# A label names what follows it; a sentence may leave it out.
_LABEL = re.compile(r"\s*[:：]")


def substituted(alignment: Alignment) -> bool:
    """Return whether a word of the claim stands where the source has another, which the claim leaves out."""
    numbers = range(len(alignment.claim.words))
    return any(
        _in_place_of(alignment, number)
        or _at_beginning(alignment, number)
        or _filled(alignment, number)
        or _filled_at_end(alignment, number)
        for number in numbers
    )


def _filled(alignment: Alignment, number: int) -> bool:
    """Return whether only a word of grammar stands where the source has a word: "the Specifically code"."""
    claim, source, places = alignment.claim, alignment.source, alignment.places
    before = places[number]
    if before is None or number + 1 >= len(places) or places[number + 1] != before + 2:
        return False
    middle = source.words[before + 1]
    if before + 1 in places or middle.vague or not _together(source, before, before + 2):
        return False
    here = claim.text[claim.words[number].end : claim.words[number + 1].start]
    there = source.text[source.words[before].end : source.words[before + 2].start]
    return any(word not in there for word in _LONG.findall(here))


def _filled_at_end(alignment: Alignment, number: int) -> bool:
    """Return whether a Chinese sentence ends in grammar where its source has a word: 参见那一个, 参见文件."""
    claim, before = alignment.claim, alignment.places[number]
    rest = [at for at in range(number + 1, len(claim.words)) if _together(claim, number, at)]
    if before is None or not all(claim.words[at].vague for at in rest):
        return False
    end = claim.sentences[claim.sentence_of(claim.words[number].start)][1]
    ending = _ENDING.match(claim.text, claim.words[number].end, end)
    if ending is None or not ending[1]:
        return False
    there = _left_out_at_end(alignment, before)
    return bool(there) and ending[1] not in there


def _left_out_at_end(alignment: Alignment, before: int) -> str:
    """Return the few words between a word of the source and the end of its sentence, if none is claimed."""
    source = alignment.source
    last = [at for at in range(before, len(source.words)) if _together(source, before, at)][-1]
    left_out, start = source.words[before + 1 : last + 1], source.words[before].end
    if len(left_out) > _CHARACTERS or alignment.pairs_from(start, source.words[last].end):
        return ""
    if all(word.vague for word in left_out) or not source.same_clause(start, source.words[last].start):
        return ""
    return source.text[start : source.words[last].end]


def _in_place_of(alignment: Alignment, number: int) -> bool:
    before = alignment.places[number - 1] if number else None
    if before is None:
        return False
    most = 1 if alignment.claim.words[number].text.isascii() else _CHARACTERS
    return any(
        _replaces(alignment, range(number, number + here), range(before + 1, before + 1 + there))
        for here in range(1, most + 1)
        for there in range(1, most + 1)
    )


def _replaces(alignment: Alignment, claimed: range, left_out: range) -> bool:
    """Return whether words of the claim, by number, stand exactly where words of the source are left out."""
    claim, source, places = alignment.claim, alignment.source, alignment.places
    if claimed.stop > len(claim.words) or left_out.stop > len(source.words):
        return False
    if any(place in places for place in left_out) or not _together(source, left_out[0] - 1, left_out[-1]):
        return False
    if not _together(claim, claimed[0] - 1, claimed[-1]):
        return False
    if _ends(claim, claimed[-1]):
        follows = _ends(source, left_out[-1])
    else:
        follows = places[claimed.stop] == left_out.stop and _together(source, left_out[-1], left_out.stop)
    if _LABEL.match(source.text, source.words[left_out[-1]].end) or _moved(alignment, claimed[0]):
        return False
    return follows and _differ([claim.words[at] for at in claimed], [source.words[at] for at in left_out])


def _moved(alignment: Alignment, number: int) -> bool:
    """Return whether a word is the verb of a passive, which the source has elsewhere: "were recalled"."""
    start = alignment.claim.words[number].start
    return alignment.places[number] is not None and bool(_PASSIVE.search(alignment.claim.text[:start]))


def _differ(claimed: list[Word], left_out: list[Word]) -> bool:
    if any(opposite(one.text, other.text) for one in claimed for other in left_out):
        return True
    if any(word.vague for word in left_out):
        return False
    return not any(agree(one.senses, other.senses) for one in claimed for other in left_out)


def _at_beginning(alignment: Alignment, number: int) -> bool:
    """Return whether a sentence of the claim begins with a word in the place of the source's first."""
    claim, source, places = alignment.claim, alignment.source, alignment.places
    if number + 1 >= len(claim.words) or (number and _together(claim, number - 1, number)):
        return False
    following = places[number + 1]
    if not following or not _together(claim, number, number + 1):
        return False
    first = following - 1
    begins = first == 0 or not _together(source, first - 1, first)
    if not begins or first in places or not _together(source, first, following):
        return False
    left_out, word = source.words[first], claim.words[number]
    start, _ = source.sentences[source.sentence_of(left_out.start)]
    if _LABEL.match(source.text, left_out.end):
        return False
    bare = not any(map(str.isalnum, source.text[start : left_out.start]))
    return bare and not word.vague and _differ([word], [left_out])


def _ends(reading: Reading, number: int) -> bool:
    """Return whether a word is the last of its sentence."""
    return number + 1 == len(reading.words) or not _together(reading, number, number + 1)


def _together(reading: Reading, one: int, other: int) -> bool:
    words = reading.words
    return reading.sentence_of(words[one].start) == reading.sentence_of(words[other].start)
