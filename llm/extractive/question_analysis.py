"""The kind of thing that a question asks for, by its wording: a time, a number, a person, a definition.

The rules are for English and Chinese. A question in other words, or in another language, asks for no
particular kind: then only the other evidence counts.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from types import MappingProxyType

from core.text.language import CJK, TOKEN, cjk_share, terms

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
)
_UNITS = "centur(?:y|ies)|years?|months?|weeks?|days?|hours?|minutes?|seconds?"

# For each kind of thing: a pattern of the questions for it, and one of the sentences that hold one.
_TIME = (
    re.compile(
        r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|date|day|month|time|century|season)\b"
        r"|\bhow (?:long|often|soon|old)\b"
        "|什么时[候间]|何[时年]|哪一?[年天月]|几[年月日号点]|多[久长]|哪个年代",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b\d+(?:st|nd|rd|th)?[ -](?:{_UNITS})\b|\d\s*[ap]\.?m\b"
        r"|\d{1,2}:\d\d|[\d一二三四五六七八九十](?:年|月|日|天|小时|分钟|秒|世纪|周|时)"
        r"|\b(?:daily|weekly|monthly|annually|yearly|every|once|twice|until|since)\b|每[天日周月年]",
        re.IGNORECASE,
    ),
)
_NUMBER = (
    re.compile(
        r"\bhow (?:many|much|far|tall|big|high|deep|large|fast|heavy)\b"
        r"|\b(?:what|which)(?: \w+){0,3} (?:number|amount|percentage|percent|costs?|price|fee|rate|population"
        r"|height|length|size|age|temperature|pressure|distance|torque)\b|多[少大高远深重宽]|第?几[个次人名条座届]",
        re.IGNORECASE,
    ),
    re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
        r"hundred|thousand|million|billion|half|dozen|once|twice)\b|[一二两三四五六七八九十百千万亿]",
        re.IGNORECASE,
    ),
)
_REASON = (
    re.compile(r"\bwhy\b|\bhow come\b|\bwhat (?:causes?|caused)\b|为什么|为何|原因", re.IGNORECASE),
    re.compile(
        r"\b(?:because|due to|since|as a result|so that|in order to|caused?|causes|reasons?|therefore)\b"
        "|因|由于|所以|导致|为了",
        re.IGNORECASE,
    ),
)
_PLACE = (
    re.compile(
        r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|county|continent|region|province|town)\b"
        "|哪[里儿座]|何处|什么地方|哪个(?:国家|城市|省|地)|位于",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:in|at|near|from|to|of|on|between|across|off)\s+(?:the\s+)?[A-Z]|[省市县国州区镇岛山河湖海村]|位于"
    ),
)
_MATCHED = (_TIME, _NUMBER, _REASON, _PLACE)
_PERSON = re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE)
# A name inside a sentence, or an office: both answer "who".
_NAMED = re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z][a-zà-ÿ]+")
_OFFICE = re.compile(
    r"\b(?:manager|director|officer|official|supervisor|lead|head|team|staff|engineer|operator|administrator|"
    r"president|minister|king|queen|author|by)\b",
    re.IGNORECASE,
)
# A proper name in a question: a capitalized word, not the first one, of three letters or more.
_NAME = re.compile(r"(?<=[\w,'’] )[A-Z][A-Za-z]{2,}")
_CALENDAR = re.compile(rf"(?:{_MONTHS})s?", re.IGNORECASE)
_DEFINITION = re.compile(
    r"^\W*what(?:'s| is| are| was| were| does| do) (?:an? |the )?"
    r"(.{1,60}?)(?: mean| stand for| used for)?\W*$"
    r"|^\W*什么是(.{1,20}?)\W*$|^\W*(.{1,20}?)(?:是什么|是指什么|是什么意思|指什么)\W*$",
    re.IGNORECASE,
)
# The text between a thing and its definition: "(TTS) is", ", the tool, means", "** - ", "是".
_IS = re.compile(
    r"\W*(?:[(（][^)）]*[)）]|,[^,]{1,60},)?\W*(?:is|are|was|were|means?|refers?|stands?\s+for|describes?|denotes?|[-–—:]\s"
    "|是|指|即|为)",
    re.IGNORECASE,
)
# The most terms of a thing to be defined: it has few words, but four Chinese ones are nine bigrams. A
# definition begins with the thing, which ends within so many words, and so many characters.
_DEFINED_TERMS = 9
_IN_FRONT = 8
_DEFINED_CHARACTERS = 160


# Characters that make a sentence a question, or are in nearly every sentence.
ASKING_CHARACTERS = frozenset("的是了在和有什么哪谁吗呢多少几怎样为被一个")

_CHARACTER = re.compile(f"[{CJK}]")
_ONE_EACH: Mapping[str, int] = MappingProxyType({})


def weight_share(
    weights: Mapping[str, float], words: Set[str], counts: Mapping[str, int] = _ONE_EACH
) -> float:
    """Return the share of `weights` that belongs to `words`, 0..1.

    Each weight is first divided by the number of sentences with that word, which `counts` gives; 1 if not.
    """
    parted = {word: value / max(1, counts.get(word, 1)) for word, value in weights.items()}
    total = sum(parted.values())
    return sum(value for word, value in parted.items() if word in words) / total if total else 0.0


@dataclass(frozen=True, kw_only=True)
class QuestionAnalysis:
    """A question, the weights of its terms, and the kind of thing that it asks for."""

    question: str
    term_weights: Mapping[str, float]
    """The inverse document frequency of each term."""
    unseen: float
    """The inverse document frequency of a term that is in no document: the greatest weight."""
    identifiers: frozenset[str] = frozenset()
    """The exact things asked for, as terms of `core.text.identifiers`."""
    whole: str = ""
    """The question with what it continues, if that is more than `question`; empty if not."""

    @cached_property
    def defined(self) -> str:
        """The thing whose meaning the question asks for, as written; empty if it asks for none."""
        match = _DEFINITION.match(self.question)
        thing = next(filter(None, match.groups())) if match else ""
        return thing if len(terms(thing)) <= _DEFINED_TERMS else ""

    @cached_property
    def characters(self) -> dict[str, float]:
        """The single Chinese, Japanese and Korean characters with weight 1, without those that only ask."""
        return dict.fromkeys(sorted(cjk_characters(self.question) - ASKING_CHARACTERS), 1.0)

    @cached_property
    def names(self) -> list[frozenset[str]]:
        """The terms of each proper name in the question; days and months are none."""
        found = [match.group() for match in _NAME.finditer(self.question)]
        return [frozenset(terms(name)) for name in found if not _CALENDAR.fullmatch(name)]

    def missing(self, words: frozenset[str]) -> float:
        """Return the greatest weight of a term that is not in `words`, 0..1; 1 is a term of no document."""
        missing = (weight for term, weight in self.term_weights.items() if term not in words)
        return max(missing, default=0.0) / self.unseen

    def fits(self, text: str) -> float:
        """Return 1 if `text` holds the kind of thing that is wanted, -1 if not, 0 if no kind is wanted."""
        fitting = [bool(holds.search(text)) for holds in self._wanted]
        if _PERSON.search(self.question) and not cjk_share(text):
            fitting.append(self._names_someone(text))
        return (1.0 if all(fitting) else -1.0) if fitting else 0.0

    def is_defined_by(self, text: str) -> bool:
        """Return whether `text` begins with the thing to be defined, followed by a definition."""
        end = _end_of(self.defined, text[:_DEFINED_CHARACTERS]) if self.defined else 0
        return bool(end) and bool(_IS.match(text, end))

    @cached_property
    def _wanted(self) -> list[re.Pattern[str]]:
        return [holds for asks, holds in _MATCHED if asks.search(self.question)]

    def _names_someone(self, text: str) -> bool:
        named = (terms(match.group()) for match in _NAMED.finditer(text))
        return any(not self.term_weights.keys() & set(name) for name in named) or bool(_OFFICE.search(text))


def _end_of(thing: str, text: str) -> int:
    """Return the offset behind a thing that is named at the beginning of a text; 0 if it is not."""
    if cjk_share(thing):  # without spaces, no word ends behind it
        return text.find(thing) + len(thing) if thing in text else 0
    left, end = set(terms(thing)), 0
    for match in islice(TOKEN.finditer(text), _IN_FRONT):
        found = left.intersection(terms(match.group()))
        left -= found
        end = match.end() if found else end
        if not left:
            return end
    return 0


def cjk_characters(text: str) -> frozenset[str]:
    """Return the Chinese, Japanese and Korean characters of a text."""
    return frozenset(_CHARACTER.findall(text))
