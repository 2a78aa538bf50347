"""The parts of a question: several things asked, or one thing asked of several, in English and Chinese."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.text.identifiers import identifiers
from core.text.language import ends_clause, sentences, terms

_ASKS = re.compile(
    r"\b(?:how|what|which|when|where|who|whom|whose|why)\b|[?？]\s*$"
    r"|多[少久长大]|几|什么|哪|谁|怎么|怎样|如何|为何|是否|各|吗",
    re.IGNORECASE,
)
# Where a second question begins: "…, and how many …", "…? Which …", "…，多少…".
_SECOND = re.compile(
    r"[?？]\s*(?=\S)"
    r"|[,;]?\s+(?:and|or)\s+(?:also )?(?=(?:how|what|which|when|where|who|why|do|does|can|must|may|is|are)\b)"
    r"|[，；](?=[^，；。]*(?:多少|几|什么|哪|谁|怎么|如何|多久|多长|是否|吗))",
    re.IGNORECASE,
)
# What stands in front of a colon or a dash and asks nothing is what all parts are about.
_TOPIC = re.compile(r"^(?P<topic>[^:：?？]{3,80}?)\s*(?:[:：]|\s[-–—])\s+(?=\S)")
# A part with so few terms cannot be understood alone.
_FEW_TERMS = 3
_THING = r"[\w’'./+-]+(?: [\w’'./+-]+){0,5}?"
_ENDS = r"(?=\s*(?:[?？.,;:]|$|\s(?:if|when|who|that|while|after|before|in|on|at|for|by|with|each|both)\b))"
_CJK_OTHER = r"[^，。？：；、?的各有哪相分区和]{1,20}"
_CJK_THING = r"[^，。？：；、?和与跟]{1,20}?"
# Two things that are asked about alike.
_PAIRS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:between|compare)\s+(?P<one>.{2,60}?)\s+(?:and|with|to)\s+(?P<other>.{2,60}?)(?=[?.,]|$)",
        r"(?P<one>[\w’' -]{2,60}?)\s+(?:versus|vs\.?)\s+(?P<other>[\w’' -]{2,60}?)(?=\s[-–—]|[,?.:]|$)",
        rf"\b(?P<joint>to|of|for|with|on|from)\s+(?P<one>{_THING}),?\s+(?:and|or|versus)"
        rf"(?:\s+(?:which|what|how \w+|when|where)(?: one)?(?: is| are)?)?"
        rf"\s+(?P=joint)\s+(?P<other>{_THING}){_ENDS}",
        rf"(?P<one>{_CJK_THING})\s*(?:和|与|跟|还是)\s*(?P<other>{_CJK_OTHER})"
        r"(?=[^。？?]{0,14}?(?:区别|不同|不一样|差别|相比|分别|各|哪个|有何))",
    )
)
_CONTRASTS = re.compile(
    r"\bdifferen(?:ce|t|ces)\b|\bdiffer\b|\bcompar(?:e|ed|ison)\b|\b(?:versus|vs)\b|\b(?:each|both)\b"
    r"|区别|不同|不一样|差别|相比|比较|对比|分别|哪个|各",
    re.IGNORECASE,
)
# "Standard, compressed, flexible: which of them …".
_LISTED = re.compile(
    r"^\W*(?P<things>[\w’' -]{2,30}(?:,\s*(?:and |or )?[\w’' -]{2,30}){1,3})\s*(?::|\s[-–—])"
    r"\s*(?=which|what|how|who)",
    re.IGNORECASE,
)
# Words that set things side by side: a question about one of them does not need them.
_SETS_BESIDE = re.compile(
    r"\b(?:what(?:['’]s| is) the )?differen(?:ce|ces|t)(?: (?:between|from))?\b"
    r"|\bcompared?(?: (?:to|with))?\b"
    r"|\b(?:which|what) (?:one )?of (?:them|these|those)\b|\b(?:each|both|respectively)\b"
    r"|有?什么?(?:区别|不同|不一样|差别)|分别",
    re.IGNORECASE,
)
_MOST_SIDES = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things that a question asks."""

    name: str
    """As written."""
    question: str
    """The part as a question of its own."""


def parts_of(question: str) -> tuple[Part, ...]:
    """Return the parts of a question that asks several things; empty if it asks a single one.

    What stands in front and asks nothing belongs to all of them. A part of a few words continues the first.
    """
    pieces = [piece.strip() for piece in _SECOND.split(question) if piece.strip()]
    asking = [place for place, piece in enumerate(pieces) if _ASKS.search(piece)]
    if len(asking) < 2 or not terms(pieces[asking[0]]):  # "when and where"
        return ()
    topic = _topic(question, pieces[: asking[0]])
    names = [pieces[place] for place in asking]
    names[-1] = " ".join([names[-1], *pieces[asking[-1] + 1 :]])
    return tuple(Part(name, _whole(name, topic, names[0])) for name in names)


def _topic(question: str, before: Sequence[str]) -> str:
    """Return what all parts are about: text in front of a colon, or sentences in front of the questions."""
    found = _TOPIC.match(question)
    if found and not _ASKS.search(found["topic"]):
        return found["topic"]
    told = [question[start:end] for start, end in sentences(question)]
    first = next((place for place, one in enumerate(told) if _ASKS.search(one)), 0)
    return " ".join([*told[:first], *before] if not first else told[:first])


def _whole(name: str, topic: str, first: str) -> str:
    if topic:
        joint = " " if ends_clause(topic) else ": "
        return name if name.startswith(topic) else f"{topic}{joint}{name}"
    return name if name == first or len(terms(name)) > _FEW_TERMS else f"{name} ({first})"


def sides_of(question: str) -> tuple[Part, ...]:
    """Return the things that a question compares, or asks about alike; empty if there are not several."""
    listed = _LISTED.match(question)
    if listed:
        names = [one.removeprefix("and ").removeprefix("or ").strip() for one in listed["things"].split(",")]
        return _sides(question, listed.span("things"), names[:_MOST_SIDES])
    for match in _pairs(question):
        names = [match["one"].strip(), match["other"].strip()]
        if all(terms(name) for name in names) and names[0] != names[1]:
            return _sides(question, (match.start("one"), match.end("other")), names)
    named = list(identifiers(question).values())
    if len(named) == 2 and _CONTRASTS.search(question):
        return tuple(Part(one, _without(question, other)) for one, other in (named, named[::-1]))
    return ()


def _pairs(question: str) -> Iterator[re.Match[str]]:
    for pattern in _PAIRS:
        match = pattern.search(question)
        if match:
            yield match


def _sides(question: str, span: tuple[int, int], names: list[str]) -> tuple[Part, ...]:
    before, behind = question[: span[0]], question[span[1] :]
    return tuple(
        Part(name, " ".join(_SETS_BESIDE.sub(" ", f"{before}{name}{behind}").split())) for name in names
    )


def _without(question: str, name: str) -> str:
    return " ".join(_SETS_BESIDE.sub(" ", question.replace(name, " ")).split())
