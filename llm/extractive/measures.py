"""Whether a text holds the measure that a question asks for: a price, a weight, a time of day, a count.

"How heavy is the pump?" is not answered by a section in which nothing is weighed, however much it says about
the pump. The rules are for English and Chinese; a question in other words asks for no measure.
"""

import re
from dataclasses import dataclass

from core.reading.quantities.finding import quantities
from core.text.language import cjk_share, terms

# Characters of a text that are searched for a measure.
_SEARCHED = 2500
# A text with more Chinese than this is counted in Chinese words.
_MOSTLY = 0.3
# Characters on either side of a number in which the thing stands that it counts.
_BEFORE, _BEHIND = 30, 40


@dataclass(frozen=True, slots=True)
class _Measure:
    asks: re.Pattern[str]
    """Fits a question that asks for it."""
    dimensions: tuple[str, ...]
    """The dimensions of `core.reading.quantities.units` that measure it, each by how it begins."""
    says: re.Pattern[str]
    """Fits a text that says it in other words than a number with a unit."""


def _measure(asks: str, dimensions: str, says: str = r"(?!)") -> _Measure:
    return _Measure(
        re.compile(asks, re.IGNORECASE), tuple(dimensions.split()), re.compile(says, re.IGNORECASE)
    )


_MEASURES = (
    _measure(
        r"\b(?:costs?|prices?|fees?|salary|wages?)\b|\b(?:what|how much)\b[^,.?]{0,40}\bpays?\b"
        r"|\bhow much (?:money|is|are)\b|多少钱|价格|费用|补贴|工资",
        "money",
        r"[$€£¥]\s?\d|\b(?:free|no charge|USD|EUR)\b|免费|元",
    ),
    _measure(r"\bhow heavy\b|\bweights?\b|重量|多重|净重|多少[公千]?[斤克]", "mass pounds"),
    _measure(
        r"\bhow (?:far|tall|high|deep|wide|thick)\b|\bwavelength\b|\baltitude\b|\bdistance\b"
        r"|多[远高深宽厚]|多少[厘毫]?米|海拔",
        "length",
        r"\d\s*nm\b|\b(?:blocks?|floors?|storeys?|steps?)\b|层|楼",
    ),
    _measure(r"\bvoltage\b|\bvolts?\b|电压", "voltage"),
    _measure(r"\b(?:how much|what) current\b|\bamps?\b|电流", "current"),
    _measure(r"\bwatts?\b|多少瓦|功率", "power"),
    _measure(r"\bfrequency\b|主频|频率", "frequency", r"\d\s*[km]\b"),
    _measure(
        r"\bhow (?:hot|cold|warm)\b|\btemperatures?\b|温度|多[热冷]|几度", "celsius fahrenheit degrees", "°"
    ),
    _measure(r"\b(?:what|how much|which) pressure\b|压力是?多少|多大压力", "pressure psi"),
    _measure(r"\bhow many (?:lit(?:er|re)s|gallons)\b|[多几]少?升", "volume"),
    _measure(
        r"\b(?:at )?(?:what|which) (?:time|hours?)\b|\bwhen (?:does|do|is) .{2,60}\b(?:open|close)s?\b|几点",
        "clock",
        r"\d\s*[ap]\.?m\b|\d:\d\d|o['’]clock|\b(?:midnight|noon|business hours)\b|\d\s*[点时]",
    ),
    _measure(
        r"\bhow (?:long|old|soon)\b|\bhow often (?!may|can)|保修期|寿命|多[久长]"
        r"|\bhow many (?:seconds|minutes|hours|days|weeks|months|years)\b|[多几]少?(?:秒|分|小时|天|年|个月)",
        "time years date",
        r"\b(?:daily|weekly|monthly|annual\w*|yearly|every|once|twice|always|never|until|between|years?|days?"
        r"|weeks?|months?|hours?|minutes?|seconds?|depend\w*)\b|每|永|一直|\d\s*[nm]?s\b|秒|分钟|小时|天|年|月",
    ),
)
_COUNTED = re.compile(r"\bhow many ([a-z-]+)", re.IGNORECASE)
_COUNTED_CJK = re.compile(r"[多几]少?([个名位人张台件只块条根次种层])")
# A number of persons is counted by any of these.
_PERSONS = "人名位"
_NUMBER = re.compile(
    r"\d[\d.,]*|\b(?:no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|single|each|every"
    r"|several|unlimited|maximum|limit\w*)\b",
    re.IGNORECASE,
)


def measure_held(question: str, text: str) -> float:
    """Return 1 if `text` holds the measure that is asked for, -1 if not, 0 if none is asked for."""
    asked = [one for one in _MEASURES if one.asks.search(question)]
    searched = text[:_SEARCHED]
    if asked:
        is_said = any(one.says.search(searched) for one in asked)
        return 1.0 if is_said or _is_measured(asked, searched) else -1.0
    counted, counted_cjk = _COUNTED.search(question), _COUNTED_CJK.search(question)
    is_cjk = cjk_share(searched) > _MOSTLY
    if counted and not is_cjk:
        return 1.0 if _is_counted(counted.group(1), searched) else -1.0
    if counted_cjk and is_cjk:
        return 1.0 if _is_counted_cjk(counted_cjk.group(1), searched) else -1.0
    return 0.0


def _is_measured(asked: list[_Measure], text: str) -> bool:
    dimensions = tuple(name for one in asked for name in one.dimensions)
    return any(one.dimension.startswith(dimensions) for one in quantities(text.casefold()))


def _is_counted_cjk(word: str, text: str) -> bool:
    """Return whether a number stands in front of a Chinese measure word."""
    counts = _PERSONS if word in _PERSONS else word
    return bool(re.search(rf"[\d一二两三四五六七八九十百千万半]\s*[{counts}]", text))


def _is_counted(thing: str, text: str) -> bool:
    """Return whether a number stands beside a thing."""
    named = frozenset(terms(thing))
    return any(
        named & frozenset(terms(text[max(0, match.start() - _BEFORE) : match.end() + _BEHIND]))
        for match in _NUMBER.finditer(text)
    )
