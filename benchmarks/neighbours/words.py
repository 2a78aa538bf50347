"""What generated manuals speak of, in English and in Chinese."""

from dataclasses import dataclass

NUMBERS = tuple(range(3, 97))


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property in one language: its name, the sentence that says it, and questions about it."""

    label: str
    sentence: str
    questions: tuple[str, ...]
    values: tuple[str, ...]
    """Of which the things have one each."""
    opposite: str = ""
    """The label of the property that says the contrary, as what is forbidden to what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language."""

    machines: tuple[str, ...]
    machine_title: str
    version: str
    version_title: str
    version_of: str
    code: str
    code_title: str
    to: str
    filler: tuple[str, ...]
    measures: tuple[Property, ...]
    limits: tuple[Property, ...]
    rules: tuple[Property, ...]


def _numbered(unit: str, label: str, sentence: str, *questions: str) -> Property:
    values = tuple(f"{number} {unit}" for number in NUMBERS)
    return Property(label=label, sentence=sentence, questions=questions, values=values)


def _ruled(values: tuple[str, ...], allowed: Property, forbidden: Property) -> tuple[Property, ...]:
    return tuple(
        Property(
            label=one.label,
            sentence=one.sentence,
            questions=one.questions,
            values=values[start::2],
            opposite=other.label,
        )
        for start, one, other in ((0, allowed, forbidden), (1, forbidden, allowed))
    )


def _rule(label: str, sentence: str, *questions: str) -> Property:
    return Property(label=label, sentence=sentence, questions=questions, values=())


_CLEANERS = (
    "isopropyl alcohol", "acetone", "citric acid", "white spirit", "soapy water", "chlorine bleach",
    "compressed air", "steam", "vinegar", "ammonia", "distilled water", "petrol",
)  # fmt: skip
_LUBRICANTS = (
    "silicone grease", "lithium grease", "graphite powder", "paraffin oil", "copper paste", "vaseline",
    "chain oil", "rapeseed oil", "spindle oil", "molybdenum paste", "teflon spray", "brake fluid",
)  # fmt: skip
_ZH_CLEANERS = (
    "异丙醇", "丙酮", "柠檬酸", "松香水", "肥皂水", "漂白剂", "压缩空气", "蒸汽", "白醋",
    "氨水", "蒸馏水", "汽油",
)  # fmt: skip
_ZH_LUBRICANTS = (
    "硅脂", "锂基脂", "石墨粉", "石蜡油", "铜膏", "凡士林",
    "链条油", "菜籽油", "锭子油", "二硫化钼膏", "特氟龙喷剂", "刹车油",
)  # fmt: skip

EN = Words(
    machines=(
        "Mixer", "Pump", "Press", "Oven", "Lathe", "Fan", "Winch", "Crane", "Dryer", "Mill", "Saw", "Printer",
        "Chiller", "Lift",
    ),
    machine_title="{} series {}: manual",
    version="Version",
    version_title="Device {}: values by version",
    version_of="version {{}} of {}",
    code="Fault",
    code_title="Faults of drive {}",
    to="to",
    filler=("Keep this sheet near the machine.", "Record the work in the log.", "If in doubt, ask a fitter."),
    measures=(
        _numbered("N·m", "Tightening torque", "The cover screws are tightened to {}.",
                  "What torque do the cover screws of {} need?", "{} tightening torque",
                  "how tight do I have to screw the cover on with {}?"),
        _numbered("bar", "Operating pressure", "It works at a pressure of {}.",
                  "At which pressure does {} work?", "operating pressure {}"),
        _numbered("h", "Oil change", "The oil is changed every {}.",
                  "How often is the oil of {} changed?", "after how many hours does {} get new oil?"),
        _numbered("A", "Fuse", "The fuse is rated {}.",
                  "Which fuse is in {}?", "what rating has the fuse of {}?"),
        _numbered("mm", "Gap", "The gap of the blades is set to {}.",
                  "To what gap are the blades of {} set?", "blade gap {}"),
    ),
    limits=(
        _numbered("min", "Waiting time", "Wait {} before the reset.",
                  "How long must I wait before the reset after {}?", "{} waiting time"),
        _numbered("A", "Current limit", "It comes when the current exceeds {}.",
                  "Above which current does {} come?", "current limit {}"),
        _numbered("ohm", "Resistance", "Between the terminals there must be {}.",
                  "What resistance has to be between the terminals with {}?", "{} resistance terminals"),
        _numbered("V", "Supply", "The supply must be at least {}.",
                  "What is the lowest supply for {}?", "{} which supply voltage at least?"),
    ),
    rules=(
        *_ruled(_CLEANERS,
                _rule("Clean with", "It may be cleaned with {}.",
                      "What may {} be cleaned with?", "cleaning agent allowed for {}"),
                _rule("Do not clean with", "It must never be cleaned with {}.",
                      "What must {} not be cleaned with?", "which cleaner is forbidden for {}?")),
        *_ruled(_LUBRICANTS,
                _rule("Lubricate with", "The bearings are lubricated with {}.",
                      "What are the bearings of {} lubricated with?", "lubricant for the bearings of {}"),
                _rule("Do not lubricate with", "Do not lubricate the bearings with {}.",
                      "What should not be put on the bearings of {}?",
                      "Which lubricant must not be used on {}?")),
    ),
)  # fmt: skip

ZH = Words(
    machines=(
        "搅拌机", "水泵", "压力机", "烘箱", "车床", "风机", "绞车", "起重机", "干燥机",
        "磨机", "锯床", "打印机", "冷水机", "升降机",
    ),
    machine_title="{} {} 系列说明书",
    version="版本",
    version_title="{} 装置各版本数据",
    version_of="{} {{}} 版",
    code="故障",
    code_title="{} 变频器故障代码",
    to="至",
    filler=("请将本页放在设备旁。", "把工作记入日志。", "有疑问请找维修工。"),
    measures=(
        _numbered("N·m", "拧紧力矩", "盖板螺钉拧紧到 {}。",
                  "{}的盖板螺钉要拧到多紧？", "{} 拧紧力矩", "给{}上盖板螺钉要多大力矩？"),
        _numbered("bar", "工作压力", "工作时的压力为 {}。", "{}工作的时候压力多少？", "{} 工作压力"),
        _numbered("h", "换油周期", "每 {} 换一次油。", "{}多久换一次油？", "{} 换油周期"),
        _numbered("A", "保险丝", "保险丝的规格是 {}。", "{}用多大的保险丝？", "{} 保险丝 规格"),
        _numbered("mm", "刀片间隙", "刀片间隙调到 {}。", "{}的刀片间隙调多少？", "{} 刀片间隙"),
    ),
    limits=(
        _numbered("min", "等待时间", "复位前等待 {}。", "出现{}后要等多久才能复位？", "{} 等待时间"),
        _numbered("A", "电流限值", "电流超过 {} 时出现。", "电流多大会报{}？", "{} 电流限值"),
        _numbered("ohm", "电阻", "端子之间应为 {}。", "{}时端子之间电阻应该多少？", "{} 端子 电阻"),
        _numbered("V", "电源电压", "电源电压至少 {}。", "{}要求电源最低多少伏？", "{} 最低 电源电压"),
    ),
    rules=(
        *_ruled(_ZH_CLEANERS,
                _rule("可用清洁剂", "可以用{}清洁。", "{}可以用什么清洁？", "{} 允许 清洁剂"),
                _rule("禁用清洁剂", "严禁用{}清洁。", "{}不能用什么清洁？", "{} 禁止 清洁剂")),
        *_ruled(_ZH_LUBRICANTS,
                _rule("润滑剂", "轴承用{}润滑。", "{}的轴承用什么润滑？", "{} 轴承 润滑剂"),
                _rule("禁用润滑剂", "轴承不得用{}润滑。",
                      "{}的轴承不能用什么润滑？", "{}禁止用哪种润滑剂？")),
    ),
)  # fmt: skip

WORDS = {"en": EN, "zh": ZH}
