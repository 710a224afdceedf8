"""The report's plots as SVG: accuracy with its interval against size or latency, the front as a staircase, a shape and
a colour for every family, the original as a star. Colours are CSS classes, so that one picture serves light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from nnopt_gui.engine.axis_ticks import linear_ticks, log_ticks, tick_text
from nnopt_gui.engine.recipe import Family

WIDTH: Final = 620
HEIGHT: Final = 440
LEFT, RIGHT, TOP, BOTTOM = 62, 18, 16, 52

_RADIUS: Final = 5.4
_CHARACTER: Final = 6.3  # px of a label's digit
_LINE: Final = 12.0
_FAR: Final = 13.0  # of a label from its point

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class PlotMark:
    """One trial. ``x`` and ``y`` are value, low, high in display units; ``letter`` names another machine's passport;
    ``tied``: within noise of the front."""

    number: int
    label: str
    family: Family
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    front: bool = False
    pinned: bool = False
    tied: bool = False
    letter: str = ""


@dataclass(frozen=True)
class Scale:
    """From values to pixels, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """The values with their labels."""
        room = abs(self.end - self.start)
        if self.log:
            places, _ = log_ticks(math.log10(self.low), math.log10(self.high), room, 56)
            return [(10**place, tick_text(10**place)) for place in places]
        values, _ = linear_ticks(self.low, self.high, room, 44)
        step = values[1] - values[0] if len(values) > 1 else None
        return [(value, tick_text(value, step)) for value in values]


def tradeoff_svg(marks: Sequence[PlotMark], *, title: str, x_title: str, y_title: str, empty: str) -> str:
    """A plot as one ``<svg>`` element; every text in it is escaped.

    Args:
        title: for those who hear the page.
        x_title: of the logarithmic axis to the right.
        y_title: of the linear axis upwards.
        empty: the sentence in the middle where there is nothing to draw.
    """
    head = (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" '
        'xmlns="http://www.w3.org/2000/svg">'
    )
    drawn = [mark for mark in marks if _drawable(mark)]
    if not drawn:
        middle = _text(WIDTH / 2, HEIGHT / 2, empty, "middle", "muted")
        return f"{head}{middle}</svg>"
    x = _scale([v for mark in drawn for v in mark.x], LEFT, WIDTH - RIGHT, log=True)
    y = _scale([v for mark in drawn for v in mark.y], HEIGHT - BOTTOM, TOP, log=False)
    parts = [head, *_axes(x, y, x_title, y_title), _front_line(drawn, x, y)]
    order = sorted(drawn, key=lambda mark: (mark.front or mark.pinned, mark.number))  # what matters lies on top
    parts += [_whiskers(mark, x, y) for mark in order]
    parts += [_marker(mark, x, y) for mark in order]
    parts += _labels(order, x, y)
    return "".join([*parts, "</svg>"])


def _drawable(mark: PlotMark) -> bool:
    return all(map(math.isfinite, (*mark.x, *mark.y))) and min(mark.x) > 0


def _scale(values: Sequence[float], start: float, end: float, *, log: bool) -> Scale:
    """With some air on both sides, and at least a little range where all values agree."""
    low, high = min(values), max(values)
    if log:
        low, high = math.log10(low), math.log10(high)
        air = max(0.07 * (high - low), 0.03)
        return Scale(10 ** (low - air), 10 ** (high + air), start, end, log)
    air = max(0.08 * (high - low), 0.25)
    return Scale(low - air, high + air, start, end, log)


def _axes(x: Scale, y: Scale, x_title: str, y_title: str) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value, label in x.ticks:
        at = x(value)
        yield f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{bottom}"/>'
        yield _text(at, bottom + 18, label, "middle", "tick")
    for value, label in y.ticks:
        at = y(value)
        yield f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}"/>'
        yield _text(LEFT - 8, at + 4, label, "end", "tick")
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    yield _text((LEFT + right) / 2, HEIGHT - 10, x_title, "middle", "title")
    middle = (TOP + bottom) / 2
    yield (
        f'<text class="title" x="16" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:.1f})">{escape(y_title)}</text>'
    )


def _text(x: float, y: float, text: str, anchor: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _front_line(marks: Sequence[PlotMark], x: Scale, y: Scale) -> str:
    """The staircase below which everything is dominated; it starts at the bottom and goes on to the right."""
    points = sorted((x(mark.x[0]), y(mark.y[0])) for mark in marks if mark.front)
    if not points:
        return ""
    path = [f"M{points[0][0]:.1f} {HEIGHT - BOTTOM}"]
    for px, py in points:
        path.append(f"H{px:.1f}V{py:.1f}")
    return f'<path class="front" d="{"".join(path)}H{WIDTH - RIGHT}"/>'


def _whiskers(mark: PlotMark, x: Scale, y: Scale) -> str:
    """The 95 % intervals, with small caps where there is room for them."""
    px, py = x(mark.x[0]), y(mark.y[0])
    left, right, low, high = x(mark.x[1]), x(mark.x[2]), y(mark.y[1]), y(mark.y[2])
    path = ""
    if low - high > 1:
        path += f"M{px:.1f} {low:.1f}V{high:.1f}M{px - 3:.1f} {low:.1f}h6M{px - 3:.1f} {high:.1f}h6"
    if right - left > 1:
        path += f"M{left:.1f} {py:.1f}H{right:.1f}M{left:.1f} {py - 3:.1f}v6M{right:.1f} {py - 3:.1f}v6"
    faint = "" if mark.front or mark.pinned or mark.family == "original" else " faint"
    return f'<path class="whisker s-{mark.family}{faint}" d="{path}"/>' if path else ""


def marker_path(family: Family, x: float, y: float, radius: float = _RADIUS) -> str:
    """The outline of a family's marker: circle, triangle, square, diamond, star, as the window has them."""
    r = radius
    if family == "quantized":
        return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"
    if family == "original":
        corners = [
            (x + s * math.sin(k * math.pi / 5), y - s * math.cos(k * math.pi / 5))
            for k in range(10)
            for s in (1.6 * r if k % 2 == 0 else 0.68 * r,)
        ]
    else:
        outline = {
            "pruned": ((-1.15, -0.85), (1.15, -0.85), (0.0, 1.15)),
            "distilled": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        }.get(family, ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)))
        corners = [(x + r * dx, y + r * dy) for dx, dy in outline]
    return "M" + "L".join(f"{cx:.1f} {cy:.1f}" for cx, cy in corners) + "z"


def _marker(mark: PlotMark, x: Scale, y: Scale) -> str:
    """Filled where it was measured on the main machine, hollow elsewhere; a ring around what is pinned."""
    px, py = x(mark.x[0]), y(mark.y[0])
    style = f"s-{mark.family} hollow" if mark.letter else f"f-{mark.family}"
    faint = "" if mark.front or mark.pinned or mark.tied or mark.family == "original" else " faint"
    ring = f'<circle class="ring" cx="{px:.1f}" cy="{py:.1f}" r="{1.9 * _RADIUS:.1f}"/>' if mark.pinned else ""
    hover = f"#{mark.number} {mark.label}: {mark.y[0]:.2f}, {mark.x[0]:.4g}"
    return (
        f'<g><title>{escape(hover)}</title>{ring}<path class="marker {style}{faint}" '
        f'd="{marker_path(mark.family, px, py)}"/></g>'
    )


def _labels(marks: Sequence[PlotMark], x: Scale, y: Scale) -> Iterator[str]:
    """Numbers beside what is on the front, pinned, tied, or from another machine: where they cover nothing."""
    taken: list[Box] = [_box(x(mark.x[0]), y(mark.y[0]), 2 * _RADIUS, 2 * _RADIUS) for mark in marks]
    for mark in reversed(marks):
        if not (mark.front or mark.pinned or mark.tied or mark.letter):
            continue
        text = f"#{mark.number}" + mark.letter
        width = _CHARACTER * len(text)
        px, py = x(mark.x[0]), y(mark.y[0])
        place = _free_place(px, py, width, taken)
        if place is not None:
            taken.append(_box(*place, width, _LINE))
            yield _text(place[0], place[1] + 4, text, "middle", "label")


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _free_place(px: float, py: float, width: float, taken: Sequence[Box]) -> tuple[float, float] | None:
    """The centre of the first free place around a point; None where there is no room at all."""
    side = width / 2 + _FAR - 3
    for factor in (1.0, 1.7):
        for dx, dy in ((side, -_FAR), (-side, -_FAR), (side, _FAR), (-side, _FAR), (side + 3, 0), (-side - 3, 0)):
            cx, cy = px + factor * dx, py + factor * dy
            left, top, right, bottom = box = _box(cx, cy, width, _LINE)
            inside = left > LEFT and right < WIDTH - RIGHT + 4 and top > TOP - 8 and bottom < HEIGHT - BOTTOM
            if inside and not any(_overlap(box, other) for other in taken):
                return cx, cy
    return None


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def key_svg(family: Family, *, hollow: bool = False) -> str:
    """A marker alone, for legends and tables."""
    style = f"s-{family} hollow" if hollow else f"f-{family}"
    path = marker_path(family, 9, 9, 5.0)
    return f'<svg class="key" viewBox="0 0 18 18" aria-hidden="true"><path class="marker {style}" d="{path}"/></svg>'
