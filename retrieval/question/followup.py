"""Follow-up questions, completed from the conversation so that they can be searched for.

A search does not know the earlier questions: "And E-43?" finds anything. No model is needed to recognize
most follow-ups: they have a pronoun, a beginning such as "and", or hardly a word of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.identifiers import identifiers
from core.text.language import cjk_share, terms

# A question with more words than this names its subject, even with a pronoun; one with fewer hardly does.
_FEW_WORDS, _HARDLY = 5, 2
_PUNCTUATION = " ,，.。?？!！"
_GOES_ON = re.compile(
    r"(?:and|but|or|so|also|then|what about|how about|what if|same for)\b|那|那么|还有|另外|以及|如果是|换成",
    re.IGNORECASE,
)
_ENDS_OPEN = re.compile(r"呢[？?。\s]*$")
_POINTS_BACK = re.compile(
    r"\b(?:its?|they|them|theirs?|he|she|him|his|hers?|these|those|the same|the (?:former|latter|other)s?)\b"
    r"|\bthis\b(?! (?:year|quarter|month|week|morning|evening))"
    r"|\b(?:of|for|in|on|with|to|about|from|by|after|before|than|like|do|does|did|is|was|can|if) that\b"
    r"|它|其(?![他它中实])|(?<!应)该|(?<!因)此|他们|她们|这个|这种|这些|这样|那个|那种|那些|上述|刚才",
    re.IGNORECASE,
)
# "It is allowed to …", "Is it possible …": this `it` refers to the words after it.
_POINTS_AHEAD = re.compile(
    r"\bit(?:'s| is| was)?\b[^.?]*\b(?:to|that|possible|necessary|allowed)\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"(?:(?:at|in|on|for|from|since|until|by|to|with) )?(?:how|why|when|where|who|whose|which|what)\b"
    r"|(?:is|are|does|do|can|may|must)\b|为什么|为何|多久|多少|什么时候|何时|谁|哪|怎么|如何|能|要|可以",
    re.IGNORECASE,
)
_ASKS_ITSELF = re.compile(
    r"\b(?:how|why|when|where|who|whose|which|what|is|are|was|do|does|did|can|could|must|may|should|will)\b"
    r"|为什么|为何|多[久少长]|什么|何时|谁|哪|怎么|如何|吗",
    re.IGNORECASE,
)
# A phrase of so many words in front of another may belong to it: "for a weekday night on call".
_PHRASE_WORDS = 5
_PREPOSITION = re.compile(r"(for|on|in|of|with|under|from|at|to|by|as|between|before|after)\b", re.IGNORECASE)
# The share of Chinese, Japanese and Korean letters from which a text is in such a script; names lower it.
_MOSTLY = 0.3
# Words that only connect a question to the one before.
_JOINTS = frozenset(
    term
    for word in "and but or so also then about same for if instead else too".split()
    for term in terms(word)
)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Understood:
    """A question that stands alone."""

    whole: str
    """The completed question, for the search."""
    named: str = ""
    """What it names instead of what was asked before; empty if it names nothing."""


def understand(question: str, earlier: Sequence[str]) -> Understood:
    """Return `question`, completed from the questions asked before it, the oldest first.

    A question that stands alone is returned as it is. If a follow-up only names another identifier of the
    same kind (`E-43` for `E-42`), it becomes the question before with that identifier. Any other follow-up
    gets the question before in brackets.
    """
    understood, topic = Understood(question), ""
    for asked in (*earlier, question):
        understood, topic = _understood(asked.strip(), topic)
    return understood


def leaning(question: str, earlier: Sequence[str]) -> Understood | None:
    """Return a short question completed although it may stand alone; None if it has enough of its own.

    It is for a question that by itself has no answer: "How long does the decision take?"
    """
    if not earlier or identifiers(question) or _amount(_own_words(question)) > _FEW_WORDS:
        return None
    topic = understand(earlier[-1], earlier[:-1]).whole
    return Understood(f"{question} ({topic})")


def _understood(question: str, topic: str) -> tuple[Understood, str]:
    """Return a completed question, and the topic for the next one."""
    if not topic or not _is_followup(question):
        return Understood(question), question
    swapped, own = _swapped(topic, question), _own_words(question)
    if swapped != topic and not own:
        return Understood(swapped), swapped
    named = _named(question)
    if named:
        return Understood(_joined(swapped, named, question), named), swapped
    return Understood(f"{question} ({swapped})"), swapped


def _named(question: str) -> str:
    """Return what a follow-up names, such as `on a Sunday`; empty if it asks something of its own."""
    named = _ENDS_OPEN.sub("", _GOES_ON.sub("", question, count=1)).strip(_PUNCTUATION)
    return "" if named == question.strip(_PUNCTUATION) or _ASKS_ITSELF.search(named) else named


def _joined(topic: str, named: str, question: str) -> str:
    """Return the question before with what a follow-up names, in place of its like if it ends in it."""
    if cjk_share(topic) > _MOSTLY:
        _, of, rest = topic.partition("的")
        return f"{named}{of}{rest}" if of and _ENDS_OPEN.search(question) else f"{named}，{topic}"
    body = topic.rstrip(_PUNCTUATION)
    joint = _PREPOSITION.match(named)
    ends = re.search(rf"\b{joint[1]}(?:\s+[\w-]+){{1,4}}$", body, re.IGNORECASE) if joint else None
    before = body[: ends.start()].split()[-_PHRASE_WORDS:] if ends else []
    alone = ends is not None and not any(map(_PREPOSITION.fullmatch, before))
    return f"{body[: ends.start()]}{named}?" if ends and alone else f"{body}, {named}?"


def _is_followup(question: str) -> bool:
    if _GOES_ON.match(question) or _ENDS_OPEN.search(question):
        return True
    own, named = _own_words(question), identifiers(question)
    if not named and _ASKS.match(question) and (_amount(own) <= _HARDLY or len(own) == 1):
        return True
    points = _POINTS_BACK.search(question) and not _POINTS_AHEAD.search(question)
    return bool(points) and not named and _amount(own) <= _FEW_WORDS


def _amount(own: Sequence[str]) -> float:
    """Return about how many words these terms are; a Chinese word gives two or three terms."""
    return sum(0.5 if cjk_share(term) else 1.0 for term in own)


def _own_words(question: str) -> list[str]:
    """Return the terms of a question without identifiers and connecting words."""
    rest = _GOES_ON.sub("", _ENDS_OPEN.sub("", question), count=1)
    for written in identifiers(question).values():
        rest = rest.replace(written, " ")
    return [term for term in terms(rest) if term not in _JOINTS]


def _swapped(topic: str, question: str) -> str:
    """Return `topic` with the identifiers of `question` in place of those of the same kind.

    `E-43` is of the kind of `E-42`. If the topic has a single identifier, any other replaces it.
    """
    there, new = (
        identifiers(topic),
        {term: name for term, name in identifiers(question).items() if term not in identifiers(topic)},
    )
    for name in new.values():
        alike = [old for old in there.values() if _kind(old) == _kind(name)]
        replaced = alike or list(there.values())
        if len(replaced) == 1:
            topic = topic.replace(replaced[0], name)
    return topic


def _kind(name: str) -> str:
    return _DIGITS.sub("0", name.casefold())
