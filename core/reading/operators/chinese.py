"""The operators of Chinese."""

import re

from core.reading.operators.governing import THEN, Operator, operator
from core.reading.values import Kind, Share, Stance

BREAKS = re.compile(r"[，。；：！？、,;!?\n|]|但是|但|不过|然而|因为|因此|所以|否则|而(?!且)")


def _stance(value: Stance, pattern: str, **how: bool | int) -> Operator:
    return operator(Kind.STANCE, value, pattern, **how)


OPERATORS: tuple[Operator, ...] = (
    # These characters negate nothing here.
    operator(
        Kind.STANCE,
        Stance.PLAIN,
        r"不仅|不但|不锈|不断|不久|不论|不管|不只|未来|无线|无论|非常|是否|能否|可否|不同|不过|除非是|无锡|不少(?!于)"
        r"|可能|功能|性能|能量|能力|能源|需求|要求|主要|重要|要素|应用|反应|响应|供应|适应|对应|相应|应力|应急|会议|机会|社会",
        protects=True,
    ),
    operator(Kind.CONDITION, Stance.NOT, r"除非"),
    operator(
        Kind.CONDITION,
        Stance.PLAIN,
        r"如果|假如|倘若|只要|一旦|若(?!干)|(?<=[，,。；;\n])如(?=[^何下上图表此，。][^，。]{1,30}[，,](?:则|就|请|必须|应|可))|当(?=[^前地年时])",
    ),
    operator(
        Kind.CONDITION,
        Stance.PLAIN,
        r"(?<!同)(?<!小)(?<!临)(?<!及)时(?=[，,、]|$|必须|应|须|可|不|请|禁|严)|期间|的情况下|的时候",
        backward=True,
    ),
    operator(Kind.LATER, THEN, r"(?<=[，,；;])(?:然后|随后|接着|最后)?再|(?<=[，,；;])(?:然后|随后|接着)"),
    operator(Kind.LATER, "", r"之前|以前|前(?=[，,。必应须不请禁严可]|$)", backward=True),
    operator(
        Kind.EARLIER,
        "",
        r"之后|以后|(?<!最)(?<!然)(?<!随)后(?=[，,。必应须不请禁严可方才再要]|$)",
        backward=True,
    ),
    _stance(Stance.MUST, r"是(?:必须|必需|强制)的", backward=True),
    _stance(Stance.MAY, r"是(?:可以|允许)的", backward=True),
    _stance(Stance.NEED_NOT, r"不必|无需|无须|不需要|不需|不用|毋须|不要求"),
    _stance(Stance.MUST_NOT, r"是?被?(?:禁止|严禁)的|不被允许|不(?:允许|准|许)(?=[。，；]|$)", backward=True),
    _stance(
        Stance.MUST_NOT,
        r"禁止|严禁|不得|不可以|不可|不能够|不能|不要|不准|不许|不允许|切勿|请勿|勿|切忌|绝不能|决不能|不会|无法",
    ),
    _stance(Stance.SHOULD_NOT, r"不应该|不应当|不应|不宜|不建议|不推荐"),
    _stance(Stance.MUST, r"必须|务必|一定要|须|必需"),
    _stance(Stance.OUGHT, r"应该|应当|应|需要|需|(?<=[^重主必])要(?=[^点件素求])"),
    _stance(Stance.SHOULD, r"建议|推荐|宜|最好"),
    _stance(Stance.MAY, r"可以|允许|准许|许可|可(?=[^能靠见燃])"),
    _stance(Stance.CAN, r"能够|能(?=[^源量力])"),
    _stance(
        Stance.NOT,
        r"没有|并非|并不|未曾|从不|从未|绝不|不再|不|未|没|非(?=[^常洲])|无(?=[^论线锡])|免(?=[^费疫])",
    ),
    operator(
        Kind.QUANTIFIER,
        Share.ALL,
        r"所有|全部|一切|任何|每个|每台|每名|每位|每次|每|各个|一律|总是|均|皆|都",
        longest=8,
    ),
    operator(Kind.QUANTIFIER, Share.MOST, r"大多数|多数|大部分|通常|一般|往往", longest=8),
    operator(Kind.QUANTIFIER, Share.SOME, r"有些|部分|某些|有时|少数|若干|一些|偶尔", longest=8),
    operator(Kind.QUANTIFIER, Share.ONLY, r"仅仅|仅|只有|唯一|只(?=[^要是])", longest=8),
)
