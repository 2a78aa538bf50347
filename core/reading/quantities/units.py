"""Units, as dimension and exact factor to the base unit of that dimension."""

from fractions import Fraction

# Only conversions that are exact by definition. Two units without one have dimensions of their own.
_UNITS = """
time 1 s sec secs second seconds 秒 秒钟
time 60 min mins minute minutes 分钟 分
time 3600 h hr hrs hour hours 小时 个小时 钟头
time 86400 d day days 天 日
time 604800 wk week weeks 周 星期 个星期 礼拜
time 1/1000 ms millisecond milliseconds 毫秒
years 1 month months 个月
years 12 yr yrs year years 年
money-eur 1 eur euro euros € 欧元
money-usd 1 usd dollar dollars $ 美元
money-gbp 1 gbp pound-sterling £ 英镑
money-cny 1 cny rmb yuan ¥ 元 人民币
length 1 m metre metres meter meters 米
length 1/1000 mm millimetre millimetres millimeter millimeters 毫米
length 1/100 cm centimetre centimetres centimeter centimeters 厘米
length 1000 km kilometre kilometres kilometer kilometers 公里 千米
length 1/1000000 µm um micron microns 微米
length 127/5000 inch inches 英寸
length 381/1250 ft foot feet 英尺
length 1609344/1000 mi mile miles 英里
mass 1 g gram grams 克
mass 1/1000 mg milligram milligrams 毫克
mass 1000 kg kilogram kilograms kilo kilos 千克 公斤
mass 1000000 t tonne tonnes 吨
pounds 1 lb lbs pound pounds 磅
volume 1 l litre litres liter liters 升
volume 1/1000 ml millilitre millilitres milliliter milliliters 毫升
volume 1000 m³ m3 立方米
pressure 100000 bar bars 巴
pressure 100 mbar
pressure 1 pa 帕
pressure 1000 kpa 千帕
pressure 1000000 mpa 兆帕
psi 1 psi
torque 1 n·m nm n*m n.m newton-metre newton-metres 牛·米 牛米
force 1 n newton newtons 牛
celsius 1 °c ℃ celsius degc 摄氏度
fahrenheit 1 °f ℉ fahrenheit
degrees 1 ° degree degrees 度
percent 1 % percent pct 个百分点
percent 1/10 ‰
voltage 1 v volt volts 伏 伏特
voltage 1/1000 mv
voltage 1000 kv
current 1 a amp amps ampere amperes 安 安培
current 1/1000 ma 毫安
power 1 w watt watts 瓦
power 1000 kw kilowatt kilowatts 千瓦
power 1000000 mw
energy 1 wh
energy 1000 kwh
frequency 1 hz hertz 赫兹
frequency 1000 khz
frequency 1000000 mhz
frequency 1000000000 ghz
speed 1 rpm r/min 转/分 转每分钟
flow-speed 1 m/s
flow-speed 5/18 km/h
kilobytes 1 kb
megabytes 1 mb
gigabytes 1 gb
terabytes 1 tb
times 1 time times 次 倍
times-a 1 x
"""

Unit = tuple[str, Fraction]
UNITS: dict[str, Unit] = {
    name: (line.split()[0], Fraction(line.split()[1]))
    for line in _UNITS.strip().splitlines()
    for name in line.split()[2:]
}
# What a number with a unit is of, so that a sentence may name it.
_MEASURED = """
pressure pressure 压力
celsius temperature 温度
torque torque 扭矩 力矩
voltage voltage 电压
current current 电流
power power 功率
mass weight 重量
volume volume
speed speed 转速
frequency frequency 频率
time time duration
length length 长度
"""
MEASURED: dict[str, str] = {
    word: line.split()[0] for line in _MEASURED.strip().splitlines() for word in line.split()[1:]
}
UNIT_NAMES = [[name for name in line.split()[2:] if name.isalpha()] for line in _UNITS.strip().splitlines()]
# These are written before the number too.
CURRENCIES = ("eur", "usd", "gbp", "cny", "rmb", "€", "$", "£", "¥")
