"""What a question wants, by its wording, in English and Chinese: it decides the form of the answer."""

import re
from enum import StrEnum

from core.reading.instructions import asks_to_do
from core.reading.question_parts import sides_of


class Want(StrEnum):
    """The kind of answer that a question wants."""

    STEPS = "steps"
    LIST = "list"
    COMPARISON = "comparison"
    YES_NO = "yes-no"
    CAUSE = "cause"
    FACT = "fact"
    """A number, a name, a time, a definition: one statement."""
    OTHER = "other"


OF_LISTS = frozenset({Want.STEPS, Want.LIST})
OF_SECTIONS = frozenset({*OF_LISTS, Want.CAUSE, Want.OTHER})
"""What a whole section answers."""

_STEPS = re.compile(
    r"\bhow (?:do|can|should|to|would|must|may)\b|[-–—,] how\W*$|\bwhat now\b|\bwhat to do\b"
    r"|\ball (?:the )?steps\b|\bwhat (?:are|is) the (?:steps?|procedure|process|order)\b|\bstep by step\b"
    r"|\bin (?:what|which) order\b|\b(?:everything|all) in order\b|\bget rid of\b"
    r"|\bwhat (?:happens|comes) (?:then|next|first)\b|\bwhat to (?:click|press|check|change|try|send)\b"
    r"|\bwhere (?:do|can|should|must) (?:i|we|you|one) (?:change|switch|set|turn|configure|enable|disable"
    r"|select|edit)\b"
    r"|\bhow (?:is|are) .{3,60}\b(?:done|reset|replaced|changed|installed|set|removed|cleaned|opened|started"
    r"|restarted|calibrated|fixed|requested|submitted)\b"
    r"|\bwhat (?:do|should|must|can) (?:i|we|you|one|they) (?:do|have|need to|check|click|press|change|set"
    r"|try|send|look at|look for|fill in)\b"
    r"|\bwhat (?:must|should|has to|needs to) be (?:done|checked|looked|changed|set|sent|cleaned|prepared)\b"
    r"|\b(?:steps?|procedure|instructions?) (?:to|for|of)\b|\b(?:whole|entire) procedure\b"
    r"|怎么[办样做把在改换设弄]?|如何|怎样|步骤|流程|操作方法|解决办法|[该要需][要]?[换查改做调设检][查置整]?什么"
    r"|什么[办方]法|按什么顺序|先做什么|[一逐][步级]一?[步级]",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(r"\bhow (?:many|much|long|often|far)\b|多[少久长大]", re.IGNORECASE)
_LIST = re.compile(
    r"\b(?:which|what)(?: \w+){1,3} (?:are|were)\b"
    r"|\bwhat (?:are|were) (?:the|all|my|our|your|some|possible)\b"
    r"|\b(?:which|what)(?: \w+){0,3} (?:do|does|must|should|can|have|has|needs?|count|belong|apply|will"
    r"|may)\b"
    r"|\bwhich(?: (?:of the|other|kind of))?(?: \w+)? \w+(?<![isu])s\b(?! (?:is|was|does)\b)"
    r"|^\W*(?:list|name|enumerate)\b|\bconditions? (?:to|for|of)\b|\bways to\b"
    r"|\bwhat (?:kinds?|types?|sorts?|options|ways|must .{3,60} say)\b"
    r"|哪些|哪几|有什么(?:要求|条件|方法|功能)|列出|包括什么|什么情况下",
    re.IGNORECASE,
)
_PLURAL = re.compile(
    r"\b(?:which|what)(?: the)?(?: \w+){0,3} \w+s\b|^\W*(?:list|name|enumerate)\b|\bconditions\b|\bways\b"
    r"|\b(?:all|kinds|types|sorts|options)\b|\bwhat must\b|[\u4e00-\u9fff]",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\bdifferen(?:ce|t|ces)\b|\bcompar(?:e|ed|ison)\b|\b(?:versus|vs)\b|\bor rather\b|\b(?:each|both)\b"
    r"|区别|不同|不一样|相比|比较|对比|分别|哪个",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"^\W*(?:is|are|am|was|were|do|does|did|can|could|may|must|shall|should|will|would|has|have|had)"
    r"(?:n['’]t)? |[,.?;:-] (?:is|are|do|does|can|could|may|must|should|will) (?:i|it|we|that|the|this)\b"
    r"|吗[？?。\s]*$|是否|能不能|可不可以|是不是|有没有|要不要|需不需要",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat(?: i)?['’]?s wrong\b|\bwhat (?:causes?|caused)\b|\breasons?\b"
    r"|\b(?:keeps|kept) (?:on )?\w+ing\b"
    r"|为什么|为何|原因|怎么回事|出的问题|怎么[只会没不还又总老就]",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"\bhow (?:many|much|far|tall|big|high|deep|large|fast|heavy|long|often|soon|old|cold|hot|low)\b"
    r"|\b(?:when|who|whom|whose|where)\b|\b(?:what|which)(?: is| was|['’]s) "
    r"|^\W*what are (?!the|all|my|our|both)\w+|\b(?:meaning|definition)\b|^\W*(?:define|explain)\b"
    r"|\b(?:what|which)(?: \w+){0,3} (?:number|amount|percentage|costs?|price|fee|rate|time|day|weekday|date"
    r"|code|temperature|pressure|limit|value|size|age|name|port|address|voltage|version)\b"
    r"|多[少大高远深重宽久长快]|几[个次天年月小时点]|什么时[候间]|何[时年]|谁|哪[里儿]|是什么|什么是|什么意思|含义",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"\bstep (?:no\.? ?|number )?(\d{1,2})\b|第\s*(\d{1,2}|[一二三四五六七八九十])\s*步", re.IGNORECASE
)
_CHINESE_DIGITS = "零一二三四五六七八九十"


def want_of(question: str) -> Want:
    """Return what a question wants; a question in other words wants whatever answers it."""
    steps = _STEPS.search(question)
    kinds = (
        (Want.COMPARISON, _COMPARISON.search(question) and sides_of(question)),
        (Want.CAUSE, _CAUSE.search(question)),
        (Want.STEPS, steps and not _HOW_MUCH.search(question, 0, steps.start())),
        (Want.YES_NO, _YES_NO.search(question)),
        (Want.LIST, _LIST.search(question) and _PLURAL.search(question)),
        (Want.FACT, _FACT.search(question)),
        (Want.STEPS, asks_to_do(question)),
    )
    return next((want for want, fits in kinds if fits), Want.OTHER)


def step_of(question: str) -> int | None:
    """Return the number of the step that a question asks for; None if it asks for none."""
    match = _STEP.search(question)
    if not match:
        return None
    digits = match.group(1) or match.group(2)
    return int(digits) if digits.isdecimal() else _CHINESE_DIGITS.index(digits)
