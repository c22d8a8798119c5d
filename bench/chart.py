"""Draws figures that have a peer as a bar chart, in hand-written SVG: no library to install, sharp at any size."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from bench.figures import Figure
from bench.report import short

WIDTH, LEFT, RIGHT = 980, 430, 130
BAR, GAP, HEAD = 14, 10, 40
OURS, THEIRS, TEXT, BACK = "#0f766e", "#94a3b8", "#0f172a", "#ffffff"


def draw(figures: Mapping[str, Sequence[Figure]]) -> str:
    """Return the SVG. In each group the longest bar is the largest value; the unit says whether more is better."""
    parts: list[str] = []
    y = HEAD + GAP
    for row, those in figures.items():
        for figure in those:
            if figure.beside:
                parts += _group(y, row, figure)
                y += (1 + len(figure.beside)) * (BAR + 2) + GAP + BAR
    frame = f'<rect width="{WIDTH}" height="{y}" fill="{BACK}"/>'
    title = _text(16, 26, "nagare beside its peers, medians of one run", size=18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}"'
        f' font-family="system-ui, sans-serif">{frame}{title}{"".join(parts)}</svg>\n'
    )


def _group(y: int, row: str, figure: Figure) -> Iterator[str]:
    better = "more is better" if figure.is_rate else "less is better"
    aim = f"; aim {figure.aim}, {'met' if figure.is_met else 'not met'}" if figure.aim else ""
    yield _text(16, y + 4, f"{row}: {figure.what} ({figure.unit}, {better}{aim})", size=13)
    largest = max(figure.ours, *figure.beside.values()) or 1
    for number, (name, value) in enumerate({"nagare": figure.ours, **figure.beside}.items()):
        top = y + BAR + number * (BAR + 2)
        length = max(1, (WIDTH - LEFT - RIGHT) * value / largest)
        color = THEIRS if number else OURS
        yield _text(LEFT - 8, top + 11, name, anchor="end")
        yield f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{color}"/>'
        yield _text(LEFT + length + 6, top + 11, short(value))


def _text(x: float, y: float, content: str, size: int = 12, anchor: str = "start") -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" fill="{TEXT}"'
    return f'<text x="{x:.1f}" y="{y}" {style}>{escape(content)}</text>'
