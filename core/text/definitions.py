"""Definitions of identifiers: where a text says what `E-42` is, and not only that it happened.

A row of a fault table, a section under the identifier, and a sentence that begins with it and says what it
means are definitions. A row of a log or a sentence in which it occurs are mentions.
"""

import re
from collections.abc import Iterator

from core.text.identifiers import identifiers
from core.text.language import ends_clause, terms
from core.text.names import members
from core.values.answers import PATH
from core.values.documents import CELL_SEPARATOR, BlockKind

# The columns that say what a thing is, those that hold its name, and those of a log, whose rows are events.
_MEANING = re.compile(
    r"\b(?:meaning|description|definition|explanation|causes?|reasons?|remedy|remedies|solution|message|name"
    r"|corrective action|designation|title|troubleshooting)\b"
    r"|含义|意义|说明|定义|描述|解释|原因|处理|名称|对策",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:codes?|faults?|errors?|alarms?|warnings?|terms?|abbreviations?|acronyms?|symbols?|parameters?|ids?"
    r"|tags?|(?:part|item|order) (?:no|number)s?)\b|代码|编号|故障码|报警|术语|缩写|参数|料号",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"(?:start |end )?(?:times?|dates?|days?|when|shifts?|minutes|hours|stops|counts?|occurrences?|downtime|"
    r"operator|what was done|done by)(?: \([^)]*\))?|时间|日期|班次|次数|时长|停机",
    re.IGNORECASE,
)
# What follows a thing at the beginning of its definition.
_MEANS = re.compile(
    r"\W{0,3}(?:[(（][^)）\n]{1,60}[)）]\s*)?\s*(?:is|are|means?|stands?\s+for|denotes?|refers?\s+to|indicates?|describes?)\b"
    r"|\W{0,3}(?:是指?|表示|意味着|指的是|代表)",
    re.IGNORECASE,
)
_HEADING_CHARACTERS = 100

_ASKS_MEANING = re.compile(
    r"\b(?:means?|meanings?|stands? for|definitions?|define|explain(?! (?:how|why|when|where)\b)|signif\w+)\b"
    r"|什么意思|含义|意思|表示什么|代表什么|指什么|怎么回事|解释",
    re.IGNORECASE,
)
# The words beside an identifier that ask for nothing but the thing itself.
_ONLY_THE_THING = frozenset(
    term
    for word in "fault faults code codes error errors alarm alarms message warning failure about tell".split()
    for term in terms(word)
)
_ONLY_THE_THING_CJK = re.compile(
    "是|什么|意思|含义|表示|代表|故障|代码|报警|错误|警报|码|的|请问|解释|一下|吗|呢"
)


def meaning_asked(question: str) -> frozenset[str]:
    """Return the identifiers whose meaning a question asks for: `What does E-42 mean?`, or `E-42` alone."""
    named = identifiers(question)
    if not named or _ASKS_MEANING.search(question):
        return frozenset(named)
    rest = question
    for written in named.values():
        rest = rest.replace(written, " ")
    others = set(terms(_ONLY_THE_THING_CJK.sub(" ", rest))) - _ONLY_THE_THING
    return frozenset() if others else frozenset(named)


def defined(kind: BlockKind, context: str, text: str) -> frozenset[str]:
    """Return the identifiers that a chunk defines.

    `context` is its title and headings, joined by `>`, and for a table row the table's header on a line.
    """
    if kind is BlockKind.ROW:
        return frozenset(_defined_by_row(context, text))
    headings = _last_line(context).split(PATH)[1:]
    return frozenset([*_leading(headings[-1] if headings else ""), *_defined_by_lines(text)])


def named_by(kind: BlockKind, context: str, text: str) -> frozenset[str]:
    """Return the identifiers that a chunk defines, and the members of its ranges, such as `E-40 to E-49`."""
    return defined(kind, context, text) | members(f"{context}\n{text}")


def _defined_by_row(context: str, text: str) -> Iterator[str]:
    """Yield the identifiers that are alone in a cell of the names, or else in the first cell."""
    header = _last_line(context).split(CELL_SEPARATOR)
    if not any(map(_MEANING.search, header)) or any(map(_EVENT.fullmatch, header)):
        return
    cells = text.split(CELL_SEPARATOR)
    keys = [place for place, name in enumerate(header[: len(cells)]) if _KEY.search(name)] or [0]
    for place in keys if len(cells) > 1 else []:
        yield from _alone(cells[place][:_HEADING_CHARACTERS])


def _last_line(text: str) -> str:
    return text.rsplit("\n", maxsplit=1)[-1]


def _defined_by_lines(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for place, line in enumerate(lines):
        for term, end in _begins_with(line):
            headed = len(line) <= _HEADING_CHARACTERS and not ends_clause(line.strip())
            followed = lines[place + 1 : place + 2] == [""] and any(map(str.strip, lines[place + 2 :]))
            if _MEANS.match(line, end) or (headed and followed):
                yield term


def _leading(heading: str) -> Iterator[str]:
    return (term for term, _ in _begins_with(heading))


def _begins_with(line: str) -> Iterator[tuple[str, int]]:
    """Yield the identifier at the beginning of a line, perhaps behind a word such as `Fault`, and its end.

    Of a range (`E-40 to E-49`), each member.
    """
    named = identifiers(line[:_HEADING_CHARACTERS])
    ranged = members(line[:_HEADING_CHARACTERS]) if named else frozenset[str]()
    for term, written in list(named.items())[:1]:
        place = line.find(written)
        if place < 0 or set(terms(line[:place])) - _ONLY_THE_THING:
            return
        last = max(line.find(named[one]) + len(named[one]) for one in (ranged & named.keys() or {term}))
        for one in ranged or {term}:
            yield one, last


def _alone(cell: str) -> Iterator[str]:
    """Yield the identifiers of a cell that has no other word."""
    named, rest = identifiers(cell), cell
    for written in named.values():
        rest = rest.replace(written, " ")
    if not terms(rest):
        yield from {*named, *members(cell)}
