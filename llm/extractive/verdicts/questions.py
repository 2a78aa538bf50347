"""Questions for yes or no, as the statement that they ask about, in English and Chinese."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from core.reading.reading import read
from core.reading.stances import NEGATIVE
from core.reading.values import Kind, Reading, Word
from core.text.language import CJK
from llm.extractive.verdicts.phrases import with_plain_verbs

APART = (Kind.CONDITION, Kind.LATER, Kind.EARLIER, Kind.ABSENCE)
"""The operators that govern what a statement depends on."""


class Asks(Enum):
    """What a question for yes or no asks of its statement."""

    LEAVE = auto()
    """Whether it may be done, or can be."""
    DUTY = auto()
    """Whether it has to be done, or to be there."""
    FACT = auto()
    """Whether it is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whether:
    """A question for yes or no."""

    asks: Asks
    statement: Reading
    """What is asked about, without the words that only ask."""
    story: Reading
    """What is told in front of it, or behind it; empty if nothing is."""

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the statement, without those of its conditions."""
        conditions = [scope for scope in self.statement.scopes if scope.kind in APART]
        return tuple(
            one for one in self.statement.words if not any(scope.covers(one.start) for scope in conditions)
        )

    @property
    def is_negated(self) -> bool:
        """Whether the statement itself is negated: either answer may then agree with it."""
        plain = read(_RELATIVE.sub(lambda found: " " * len(found[0]), self.statement.text))
        apart = [one for one in plain.scopes if one.kind in APART]
        return any(
            scope.value in NEGATIVE and not any(one.covers(scope.start) for one in apart)
            for scope in plain.scopes_of(Kind.STANCE)
        )


_AUXILIARY = (
    r"(?:is|are|am|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|need)"
)
_OPENS = re.compile(
    rf"(?:^\W*|[,.;:?!–—-]\s+|\b(?:and|so|but|then|please)\s+)(?P<aux>{_AUXILIARY})(?:n['’]t)?\s+(?=\w|['\"‘“])",
    re.IGNORECASE,
)
_TAG = re.compile(
    rf",?\s+(?:right|correct|or not|yes or no|true|{_AUXILIARY}(?:n['’]t)? (?:it|that|they|we|i|you|there))"
    r"\W*$",
    re.IGNORECASE,
)
_THINKS = re.compile(
    r"^\W*(?:does (?:that|this|it) mean|is it (?:true|right|correct|so)|would you say)(?: that)?\s",
    re.IGNORECASE,
)
_LEAVE = re.compile(
    r"\b(?:may|can|could|allowed|permitted|okay|ok|possible|able|fine|legal|acceptable|safe to)\b"
    r"|可以|能|可(?=[用在])|允许|准许|许可|行吗|行不行",
    re.IGNORECASE,
)
_DUTY = re.compile(
    r"\b(?:must|shall|should|needs?|needed|have to|has to|got to|required?|requires|mandatory|necessary"
    r"|compulsory|obligatory|obliged|supposed to)\b"
    r"|必须|需要|应该|应当|务必|必要|(?<![重主])要(?![求点素])|须|需",
    re.IGNORECASE,
)
# Words that only ask, and say nothing of the statement.
_ONLY_ASKS = re.compile(
    r"\b(?:may|can|could|might|must|shall|should|allowed|permitted|okay|ok|possible|able|fine|have to|has to"
    r"|needs? to|needed|required?|requires|needs?|mandatory|necessary|compulsory|obligatory|obliged|supposed"
    r"|please|just|really|actually|already|still|anyway|at all|ever)\b",
    re.IGNORECASE,
)
_ALTERNATIVES = re.compile(r"(能|会|要|是|可|有|用|行|该)不\1|有没有|需不需要|可不可以|是否|能否|可否|会否")
_EACH = {
    "有没有": "有",
    "需不需要": "需要",
    "可不可以": "可以",
    "是否": "",
    "能否": "能",
    "可否": "可以",
    "会否": "会",
}
_CJK_MARK = re.compile(r"[吗么呢]*\s*[？?。]*\s*$")
_CJK_ASKS = re.compile(r"[吗么]\s*[？?。]*$")
_CJK_PARTS = re.compile(r"[，,。；;！!]\s*")
_CJK_ONLY_ASKS = re.compile(
    r"可以|能够|允许|必须|需要|应该|还能|还要|能|请问|会(?=被)|到底|究竟|我们|我|你|您"
)
# A part that says which thing is meant: "updates that are not mandatory", 没有经过培训的人.
_RELATIVE = re.compile(
    r"\b(?:that|which|who|whose)\b[^,;]*?(?:\bnot|n't|\bno|\bnever)\b[^,;]*|[不没未无非][^，,；;]*?的"
)
_HAS_CJK = re.compile(f"[{CJK}]")


@lru_cache(maxsize=256)
def whether(question: str) -> Whether | None:
    """Return a question for yes or no; None if it is of another form, or its statement is negated."""
    found = _chinese(question) if _HAS_CJK.search(question) else _english(question)
    return None if found is None or found.is_negated or not found.words else found


def _english(question: str) -> Whether | None:
    question = with_plain_verbs(question)
    plain = _TAG.sub("", question.strip())
    opened = list(_OPENS.finditer(plain))
    if not opened and plain == question.strip():
        return None
    start = opened[-1].start("aux") if opened else 0
    asking, _, behind = plain[start:].partition("? ")
    asking = _THINKS.sub("", asking)
    story = f"{plain[:start]} {behind}".strip()
    return _made(asking, _ONLY_ASKS.sub(" ", _bare(asking)), story)


def _bare(asking: str) -> str:
    """Return a statement without the auxiliary that makes a question of it."""
    return re.sub(rf"^\W*{_AUXILIARY}(?:n['’]t)?\b", "", asking, count=1, flags=re.IGNORECASE)


def _chinese(question: str) -> Whether | None:
    parts = [one for one in _CJK_PARTS.split(question) if one.strip()]
    marked = [place for place, one in enumerate(parts) if _ALTERNATIVES.search(one) or _CJK_ASKS.search(one)]
    if not marked:
        return None
    plain = _ALTERNATIVES.sub(lambda found: _EACH.get(found[0], found[0][:1]), parts[marked[-1]])
    plain = _CJK_MARK.sub("", plain)
    story = "，".join(one for place, one in enumerate(parts) if place != marked[-1])
    return _made(plain, _CJK_ONLY_ASKS.sub(" ", plain), story)


def _made(asking: str, statement: str, story: str) -> Whether:
    leave, duty = _LEAVE.search(asking), _DUTY.search(asking)
    first = leave and (not duty or leave.start() < duty.start())
    asks = Asks.LEAVE if first else Asks.DUTY if duty else Asks.FACT
    return Whether(asks=asks, statement=read(statement), story=read(story))
