"""The lines that introduce a quoted message: who wrote it and when, in the forms of common mail programs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    "jan feb mar apr may jun jul aug sep oct nov dec",  # English
    "jan feb mär apr mai jun jul aug sep okt nov dez",  # German
    "- - mrz",
)
_MONTH_NUMBERS = {name: at for names in _MONTHS for at, name in enumerate(names.split(), start=1)} | {
    "mrz": 3
}
_WEEKDAYS = frozenset("mon tue wed thu fri sat sun die mit don fre sam son mo di mi do fr sa so".split())
_MONTH_NAMES = re.compile(
    r"\w{3}|janua?r?y?|februa?r?y?|märz|march|april|june|juni|july|juli|august|sept|(sept|nov|de[cz])ember|o[ck]tober"
)
_ISO = re.compile(r"(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})")
_DAY_MONTH = re.compile(r"(\d{1,2})\.?\s+([A-Za-zÄä]{3})[a-zä]*\.?,?\s+(\d{4})")
_MONTH_DAY = re.compile(r"([A-Za-zÄä]{3})[a-zä]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMBERS = re.compile(r"(\d{1,2})([./])(\d{1,2})[./](\d{4}|\d{2})(?!\d)")
_MAIL = re.compile(r"<?(?:mailto:)?([\w.+%-]+@[\w-]+(?:\.[\w-]+)+)>?")
# "On … wrote:", "Am … schrieb …:", "在 … 写道：", and the like.
_WROTE = re.compile(
    r"^(?P<before>.{0,200}?)\b(?:wrote|schrieb(?:en)?|geschrieben|a écrit|escribió|ha scritto)\b"
    r"(?P<behind>.{0,120}?)[:：]\s*$|^(?P<before_zh>.{0,200}?)(?:写道|寫道)\s*[:：]\s*$",
    re.IGNORECASE,
)
# The first of several lines: own words may stand directly above.
_BEGINS = re.compile(r"^(?:on|am|le|el|il)\b|^[在于於]|[\w.+-]+@[\w-]+\.", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}[:.]\d{2}|\d{1,2}\s*[ap]m\b|\d{1,2}时", re.IGNORECASE)
# Words of a date, in front of the sender's name.
_NOT_NAMES = re.compile(
    r"^(?:on|am|pm|at|um|uhr|von|hat|haben|the|在|于|於|gmt\S*|utc\S*|[+-]\d{4}|\(.*?\))$", re.I
)
_MARKER = re.compile(
    r"^[-_*>\s]{2,}(?:original message|original appointment|forwarded message|ursprüngliche nachricht|"
    r"original-nachricht|ursprungsnachricht|weitergeleitete nachricht|original-mail|"
    r"原始邮件|原始郵件|转发邮件|轉寄郵件|回复的原邮件|转发的邮件|message d'origine).{0,40}?[-_*\s]*$"
    r"|^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail))\s*:\s*$",
    re.IGNORECASE,
)
_FIELDS = {
    "from": ("from", "von", "发件人", "寄件者", "寄件人"),
    "date": ("sent", "date", "gesendet", "datum", "发送时间", "发送日期", "日期", "时间", "寄件日期"),
    "to": ("to", "an", "收件人", "收件者", "cc", "kopie", "抄送", "副本", "bcc", "reply-to"),
    "subject": ("subject", "betreff", "主题", "主旨"),
}
_BY_NAME = {name: field for field, names in _FIELDS.items() for name in names}
_FIELD = re.compile(rf"^[\s*_]*({'|'.join(_BY_NAME)})[\s*_]*[:：][\s*_]*(.*?)[\s*_]*$", re.IGNORECASE)
# The fewest fields, and the most lines of a field, in the head of a quoted message.
_FEWEST_FIELDS = 3
_MOST_LINES = 3
_MOST_HEAD_LINES = 20
# An attribution is broken over at most so many lines.
_ATTRIBUTION_LINES = 3
# A longer line introduces nothing.
_LONGEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who wrote a quoted message and when, as the quoting message says."""

    sender: str = ""
    """Name and address, as far as they are known."""
    day: date | None = None
    subject: str = ""
    lines: int = 0
    """How many lines say it."""
    is_certain: bool = False
    """Whether the lines need no quotation mark behind them to be understood."""


def attribution_at(lines: Sequence[str], at: int) -> Attribution | None:
    """Return the attribution that begins on a line, or None."""
    if not lines[at].strip() or len(lines[at]) > _LONGEST:
        return None
    return _marked(lines, at) or _head(lines, at) or _written(lines, at)


def day_in(text: str) -> date | None:
    """Return the day that a text names; None for a day that could be two, such as 5/7/26."""
    for pattern, places in ((_ISO, (1, 2, 3)), (_DAY_MONTH, (3, 2, 1)), (_MONTH_DAY, (3, 1, 2))):
        for match in pattern.finditer(text):
            found = _date(*(match[place] for place in places))
            if found:
                return found
    numbers = _NUMBERS.search(text)
    if numbers is None:
        return None
    year = numbers[4] if len(numbers[4]) == 4 else f"20{numbers[4]}"
    if numbers[2] == ".":
        return _date(year, numbers[3], numbers[1])
    first, second = _date(year, numbers[1], numbers[3]), _date(year, numbers[3], numbers[1])
    return first if first == second or second is None else second if first is None else None


def _date(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else _MONTH_NUMBERS.get(month.lower(), 0)
    try:
        return date(int(year), number, int(day))
    except ValueError:  # no such day
        return None


def _marked(lines: Sequence[str], at: int) -> Attribution | None:
    """Return the attribution of a line such as `-----Original Message-----` and the head below it."""
    if not _MARKER.match(lines[at]):
        return None
    behind = at + 1
    while behind < len(lines) and not lines[behind].strip():
        behind += 1
    head = _head(lines, behind, fewest=1) if behind < len(lines) else None
    if head is None:
        return Attribution(lines=1, is_certain=True)
    return Attribution(
        sender=head.sender,
        day=head.day,
        subject=head.subject,
        lines=behind - at + head.lines,
        is_certain=True,
    )


def _head(lines: Sequence[str], at: int, fewest: int = _FEWEST_FIELDS) -> Attribution | None:
    """Return the attribution of the lines `From: …`, `Sent: …` and so on."""
    found: dict[str, str] = {}
    position = last = at
    while position < min(len(lines), at + _MOST_HEAD_LINES):
        match = _FIELD.match(lines[position][:_LONGEST])
        name = _BY_NAME[match[1].lower()] if match else ""
        if match and (name not in found or name == "to"):
            found.setdefault(name, match[2])
            last = position + 1
        elif match or not lines[position].strip() or position - last >= _MOST_LINES or not found:
            break
        position += 1
    if not {"from", "date"} & found.keys() or not _FIELD.match(lines[at][:_LONGEST]):
        return None
    when = found.get("date", "")
    is_dated = "from" in found and (day_in(when) is not None or bool(_TIME.search(when)))
    if len(found) < fewest or (fewest > 1 and not is_dated):
        return None
    return Attribution(
        sender=found.get("from", ""),
        day=day_in(when),
        subject=found.get("subject", ""),
        lines=last - at,
        is_certain=True,
    )


def _written(lines: Sequence[str], at: int) -> Attribution | None:
    """Return the attribution of `On … wrote:`, which may be broken over some lines."""
    for count in range(1, _ATTRIBUTION_LINES + 1):
        part = [line[:_LONGEST].strip() for line in lines[at : at + count]]
        if len(part) < count or not part[-1] or (count > 1 and not _BEGINS.search(part[0])):
            return None
        match = _WROTE.match(" ".join(part)) if part[-1].endswith((":", "：")) else None
        if match:
            before = match["before"] if match["before"] is not None else match["before_zh"]
            said = f"{before} {match['behind'] or ''}"
            certain = day_in(said) is not None and bool(_MAIL.search(said) or _TIME.search(said))
            return Attribution(
                sender=_sender(before, match["behind"] or ""),
                day=day_in(said),
                lines=count,
                is_certain=certain,
            )
    return None


def _sender(before: str, behind: str) -> str:
    """Return the name and the address in an attribution, behind the verb or in front of it."""
    address = _MAIL.search(behind) or _MAIL.search(before)
    name = _name(behind) or _name(before)
    if not address:
        return name
    return f"{name} <{address[1]}>" if name else address[1]


def _name(text: str) -> str:
    """Return the last words of a text that belong neither to a date nor to an address."""
    runs: list[list[str]] = [[]]
    for word in re.split(r"[\s,，;、]+", _MAIL.sub(" ", text)):
        bare = word.strip("\"'()[].<>")
        if bare and not _is_of_date(bare):
            runs[-1].append(bare)
        elif bare:
            runs.append([])
    return " ".join(next((run for run in reversed(runs) if run), []))


def _is_of_date(word: str) -> bool:
    if any(map(str.isdigit, word)) or _NOT_NAMES.match(word):
        return True
    lower = word.lower()
    is_month = lower[:3] in _MONTH_NUMBERS and bool(_MONTH_NAMES.fullmatch(lower))
    is_weekday = lower in _WEEKDAYS or lower.endswith(("day", "tag")) or lower == "mittwoch"
    return is_month or is_weekday
