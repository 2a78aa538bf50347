"""Chinese edits that keep what a sentence says, and that change it; None if one does not apply."""

import re
from collections.abc import Callable
from random import Random

from benchmarks.grounding.claims.falsehoods import Material

# Every second line belongs to `train`, the others to `test`.
_SYNONYMS = """
需要 必须
如果 假如
可以 能够
无法 不能
立即 马上
因此 所以
使用 采用
目前 现在
由于 因为
大约 大概
仅 只
所有 全部
以及 和
位于 坐落于
建议 推荐
例如 比如
同时 并且
如何 怎样
著名 知名
导致 造成
确认 确定
成立 创立
获得 取得
相关 有关
逝世 去世
检查 查看
担任 出任
错误 差错
但是 但
选择 选取
增加 增多
若 如果
等 等等
显示 显现
但 不过
修改 更改
为了 为
删除 移除
最终 最后
添加 加入
首先 先
支持 兼容
""".strip().splitlines()
_OPPOSITES = """
打开 关闭
增加 减少
启用 禁用
成功 失败
最大 最小
最高 最低
支持 不支持
允许 禁止
之前 之后
高于 低于
大于 小于
以上 以下
输入 输出
左 右
北 南
东 西
开始 结束
连接 断开
正确 错误
上升 下降
添加 删除
相同 不同
超过 不到
第一 第三
男 女
自动 手动
新 旧
所有 部分
都 都不
多 少
必须 可以
可以 不得
需要 不需要
如果 除非
至少 至多
总是 从不
父亲 儿子
内部 外部
早 晚
长 短
""".strip().splitlines()
_ADDED = (
    "根据董事会的决定",
    "仅限周末",
    "无需任何费用",
    "按照新合同",
    "由总经理亲自负责",
    "每年两次",
    "在两小时之内",
)
_LEADS = {"train": ("根据文档，", "需要注意的是，"), "test": ("简单来说，", "手册中写道，")}
_NUMBERS = dict(zip("2 3 4 5 6 7 8 9 10".split(), "两 三 四 五 六 七 八 九 十".split(), strict=True))


def _half(lines: list[str], part: str) -> list[tuple[str, str]]:
    return [(one, other) for one, other in (line.split() for line in lines[int(part == "test") :: 2])]


def synonyms(sentence: str, random: Random, part: str) -> str | None:
    """Replace one or two words by synonyms."""
    pairs = _half(_SYNONYMS, part)
    fitting = [pair for pair in pairs if pair[0] in sentence] + [
        (other, one) for one, other in pairs if len(other) > 1 and other in sentence and one not in sentence
    ]
    if not fitting:
        return None
    for one, other in random.sample(fitting, min(len(fitting), 2)):
        sentence = sentence.replace(one, other, 1)
    return sentence


def numerals(sentence: str, random: Random, part: str) -> str | None:
    """Write a number in signs, or a percentage in words."""
    options = [
        re.sub(rf"(?<![\d.年月]){figure} ?(?=[个天名位次台周种条])", sign, sentence, count=1)
        for figure, sign in _NUMBERS.items()
    ]
    options += [
        re.sub(rf"(?<![第十百一]){sign}(?=[天名位台周]|个月)", figure, sentence, count=1)
        for figure, sign in _NUMBERS.items()
    ]
    changed = [option for option in options if option != sentence]
    return random.choice(changed) if changed else None


def opening_word(sentence: str, random: Random, part: str) -> str | None:
    """Leave out an opening word."""
    shorter = re.sub(r"^(?:但是|但|因此|所以|另外|此外|同时|不过|然而|其中|而|并且)，?", "", sentence)
    return shorter if shorter != sentence else None


def lead_in(sentence: str, random: Random, part: str) -> str | None:
    """Put an opening before the sentence that adds nothing."""
    return random.choice(_LEADS[part]) + sentence


def dropped(sentence: str, random: Random, part: str) -> str | None:
    """Leave out a remark in brackets, or the first of two independent clauses."""
    options = [re.sub(r"（[^（）]{2,40}）|\([^()]{2,40}\)", "", sentence, count=1)]
    clauses = sentence.rstrip("。").split("；")
    options += [f"{clauses[0]}。"] if len(clauses) > 1 and len(clauses[0]) > 8 else []
    changed = [option for option in options if option != sentence]
    return random.choice(changed) if changed else None


def spacing(sentence: str, random: Random, part: str) -> str | None:
    """Add or remove spaces and full-width signs."""
    options = [
        re.sub(r"(?<=[\u4e00-\u9fff]) (?=\w)|(?<=\w) (?=[\u4e00-\u9fff])", "", sentence),
        sentence.replace("，", ","),
        sentence.replace("的", "", 1) if sentence.count("的") > 1 else sentence,
        sentence.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]
    changed = [option for option in options if option != sentence]
    return random.choice(changed) if changed else None


def conditions(sentence: str, random: Random, part: str) -> str | None:
    """Write `如果 X，Y` as `X 时，Y` or `当 X 时，Y`."""
    match = re.match(r"(?:如果|若|假如)([^，。]{4,40})，(?:那么|则|就|请)?(?=.{4})", sentence)
    if match:
        return f"{random.choice(('当', ''))}{match[1]}时，{sentence[match.end() :]}"
    match = re.match(r"当?([^，。]{4,40})(?<![小同临及当])时，(?=.{4})", sentence)
    return f"如果{match[1]}，{sentence[match.end() :]}" if match else None


KEEPING: tuple[Callable[[str, Random, str], str | None], ...] = (
    synonyms, numerals, dropped, spacing, conditions, opening_word,
)  # fmt: skip


def opposite(sentence: str, material: Material) -> str | None:
    """Replace a word by its opposite."""
    pairs = _half(_OPPOSITES, material.part)
    fitting = [pair for pair in pairs if pair[0] in sentence]
    fitting += [(other, one) for one, other in pairs if len(other) > 1 and other in sentence and other != one]
    if not fitting:
        return None
    one, other = material.random.choice(fitting)
    return sentence.replace(one, other, 1)


def negated(sentence: str, material: Material) -> str | None:
    """Insert or remove a negation."""
    swaps = (
        (r"没有", "有"),
        (r"不(?=支持|需要|会|能|可以|是|允许|建议|影响|存在)", ""),
        (r"未(?!来)", "已"),
        (r"无法", "可以"),
        (r"(?<!不)(?=可以|需要|会(?!议)|支持)", "不"),
        (r"(?<!不)是(?!否)", "不是"),
        (r"有(?!关|些|时|效|限)", "没有"),
        (r"能够", "不能够"),
    )
    found = [
        changed for one, other in swaps if (changed := re.sub(one, other, sentence, count=1)) != sentence
    ]
    return material.random.choice(found) if found else None


def modal(sentence: str, material: Material) -> str | None:
    """Exchange duty, permission and prohibition."""
    swaps = (
        ("必须", "可以"),
        ("禁止", "可以"),
        ("不得", "可以"),
        ("可以", "禁止"),
        ("需要", "禁止"),
        ("建议", "禁止"),
        ("应", "不得"),
        ("不能", "必须"),
    )
    fitting = [pair for pair in swaps if pair[0] in sentence]
    if not fitting:
        return None
    one, other = material.random.choice(fitting)
    return sentence.replace(one, other, 1)


def number(sentence: str, material: Material) -> str | None:
    """Change a number."""
    found = list(
        re.finditer(
            r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])|(?<=[\u4e00-\u9fff])\d+(?:\.\d+)?(?=[\u4e00-\u9fff])", sentence
        )
    )
    if not found:
        return None
    match = material.random.choice(found)
    others = [other for other in material.numbers if other not in sentence]
    made = others[0] if others else str(int(float(match.group())) + material.random.choice((1, 3, 10)))
    return sentence[: match.start()] + made + sentence[match.end() :]


def unit(sentence: str, material: Material) -> str | None:
    """Change a unit."""
    swaps = (
        ("分钟", "小时"),
        ("小时", "分钟"),
        ("公里", "米"),
        ("公斤", "克"),
        ("万", "亿"),
        ("个月", "年"),
        ("天", "周"),
        ("毫秒", "秒"),
        ("米", "公里"),
        ("KB", "MB"),
        ("℃", "℉"),
    )
    found = [
        changed for one, other in swaps
        if (changed := re.sub(rf"(?<=\d) ?{one}", other, sentence, count=1)) != sentence
    ]  # fmt: skip
    return material.random.choice(found) if found else None


def noun(sentence: str, material: Material) -> str | None:
    """Replace a run of characters by one of the same length from elsewhere in the document."""
    own = re.findall(r"(?<=[的在为是和与])[\u4e00-\u9fff]{2,4}(?=[，。、的])", sentence)
    others = [other for other in material.nouns if other not in sentence]
    if not own or not others:
        return None
    chosen = material.random.choice(own)
    alike = [other for other in others if len(other) == len(chosen)]
    return sentence.replace(chosen, material.random.choice(alike), 1) if alike else None


def without_condition(sentence: str, material: Material) -> str | None:
    """Leave a condition out, or turn it around."""
    options = [
        re.sub(r"^(?:如果|若|当|假如)[^，。]{4,40}，(?:那么|则|就)?(?=.{5})", "", sentence),
        re.sub(r"如果|若(?!干)", "除非", sentence, count=1),
        re.sub(r"^[^，。]{4,40}时，(?=.{5})", "", sentence),
        sentence.replace("除非", "如果", 1),
        sentence.replace("只有", "即使没有", 1),
    ]
    found = [option for option in options if option != sentence]
    return material.random.choice(found) if found else None


def added(sentence: str, material: Material) -> str | None:
    """Add what the source does not say."""
    return f"{sentence.rstrip('。')}，{material.random.choice(_ADDED)}。"


CHANGING: tuple[Callable[[str, Material], str | None], ...] = (
    opposite, negated, modal, number, unit, noun, without_condition, added,
)  # fmt: skip
