"""A word that stands in the place of another: all around it is as in the source."""

from retrieval.claims.alignment import Alignment
from retrieval.claims.lexicon.lookup import agree
from retrieval.claims.values import Reading


def substituted(alignment: Alignment) -> bool:
    """Return whether a word of the claim stands where the source has another, which the claim leaves out."""
    numbers = range(len(alignment.claim.words))
    return any(_in_place_of(alignment, number) or _at_beginning(alignment, number) for number in numbers)


def _in_place_of(alignment: Alignment, number: int) -> bool:
    claim, source, places = alignment.claim, alignment.source, alignment.places
    before = places[number - 1] if number else None
    if before is None:
        return False
    middle = before + 1
    if middle >= len(source.words) or middle in places or not _together(source, before, middle):
        return False
    if _ends(claim, number):
        expected = _ends(source, middle)
    else:
        expected = places[number + 1] == middle + 1 and _together(source, middle, middle + 1)
    left_out, word = source.words[middle], claim.words[number]
    return expected and not left_out.vague and not agree(left_out.senses, word.senses)


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
    bare = not any(map(str.isalnum, source.text[start : left_out.start]))
    return bare and not left_out.vague and not word.vague and not agree(left_out.senses, word.senses)


def _ends(reading: Reading, number: int) -> bool:
    """Return whether a word is the last of its sentence."""
    return number + 1 == len(reading.words) or not _together(reading, number, number + 1)


def _together(reading: Reading, one: int, other: int) -> bool:
    words = reading.words
    return reading.sentence_of(words[one].start) == reading.sentence_of(words[other].start)
