"""The line drawings of the manuals, by the name that a source text calls them."""

from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor

INK = HexColor("#1f3a52")
FILL = HexColor("#e8eef3")


def draw(name: str, width: float) -> Drawing:
    """The figure, scaled to ``width`` points."""
    return FIGURES[name](width)


def _box(drawing: Drawing, x: float, y: float, size: tuple[float, float], lines: tuple[str, str]) -> None:
    width, height = size
    drawing.add(Rect(x, y, width, height, strokeColor=INK, fillColor=FILL, strokeWidth=0.9, rx=2))
    for text, up, font in ((lines[0], 0.58, "Helvetica-Bold"), (lines[1], 0.24, "Helvetica")):
        drawing.add(
            String(x + width / 2, y + height * up, text, fontName=font, fontSize=7.2, textAnchor="middle")
        )


def _arrow(drawing: Drawing, x: float, y: float, end: float) -> None:
    drawing.add(Line(x, y, end - 4, y, strokeColor=INK, strokeWidth=1.1))
    drawing.add(Polygon([end, y, end - 5, y + 2.5, end - 5, y - 2.5], fillColor=INK, strokeColor=INK))


def _air_flow(width: float) -> Drawing:
    stations = (
        ("CMP-201", "compressor"),
        ("HV-201", "outlet valve"),
        ("R-203", "receiver 2,000 L"),
        ("DRY-202", "dryer +3 °C"),
        ("F-204 / F-205", "filters"),
        ("PRV-205", "6.3 bar(g)"),
    )
    gap, height = 16.0, 38.0
    box = (width - gap * len(stations)) / len(stations)
    drawing = Drawing(width, height + 12)
    for number, lines in enumerate(stations):
        x = number * (box + gap)
        _box(drawing, x, 6, (box, height), lines)
        _arrow(drawing, x + box, 6 + height / 2, x + box + gap)
    return drawing


FIGURES = {"compressed-air-flow": _air_flow}
