"""What is drawn over a frame, as shapes: one drawing that a picture and an SVG are both made from.

Outlines, never fills; the tip's ring leaves the tip itself free; the banner goes where needle and recess are not, and
says its verdict in words and by shape as well as by colour.
"""

import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import numpy as np

from imaging.analysis import Analysis
from imaging.geometry import PixelSpacing, PointPx, Points
from imaging.placement import Verdict
from imaging.rules import ScoringRules

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Line:
    """Open or closed line through points ``(n, 2)`` in frame pixels."""

    points: Points
    colour: Colour
    width_px: float
    closed: bool = False
    filled: bool = False
    dash_px: float = 0.0
    """Length of a dash and of the gap after it, for a line of two points; unbroken at 0."""

    @property
    def pieces(self) -> list[Points]:
        """The line's dashes, for those who cannot draw a broken line; the line itself if it is unbroken."""
        if not self.dash_px:
            return [self.points]
        start, end = self.points
        length = math.hypot(*(end - start))
        begins = np.arange(0.0, length, 2.0 * self.dash_px)
        shares = np.stack([begins, np.minimum(begins + self.dash_px, length)], axis=1) / length
        return list(start + shares[:, :, None] * (end - start))


@dataclass(frozen=True, slots=True)
class Ring:
    """Circle around a position."""

    centre: PointPx
    radius_px: float
    colour: Colour
    width_px: float


@dataclass(frozen=True, slots=True)
class Label:
    """Words whose left end stands on the baseline at a position."""

    text: str
    at: PointPx
    height_px: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes over a frame of this size, in the order in which they are drawn."""

    width: int
    height: int
    shapes: tuple[Line | Ring | Label, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """Colours and sizes; the colours are Okabe and Ito's, which the colour-blind tell apart."""

    recess: Colour = (86, 180, 233)
    needle: Colour = (240, 228, 66)
    scale: Colour = (200, 200, 200)
    panel: Colour = (16, 18, 22)
    verdict: dict[Verdict, Colour] = field(
        default_factory=lambda: {
            Verdict.INSIDE: (86, 180, 233),
            Verdict.OUTSIDE: (230, 120, 0),
            Verdict.INDETERMINATE: (240, 228, 66),
            Verdict.NOT_ASSESSED: (170, 170, 170),
        }
    )
    line_px: float = 1.5
    """Width of outlines in a frame 480 pixels high; grows with the frame."""
    ring_px: float = 9.0
    """Radius of the ring around the tip in a frame 480 pixels high."""
    rail_px: float = 6.0
    """Distance of the rails from the shaft in a frame 480 pixels high."""
    text_px: float = 14.0
    """Height of words in a frame 480 pixels high."""
    dash_px: float = 6.0
    """Length of a dash and of the gap after it, in a frame 480 pixels high."""


_STYLE, _RULES = Style(), ScoringRules()
_WORDS = {
    Verdict.INSIDE: "INSIDE",
    Verdict.OUTSIDE: "OUTSIDE",
    Verdict.INDETERMINATE: "UNDECIDED",
    Verdict.NOT_ASSESSED: "NOT ASSESSED",
}
_BANNER_HEIGHT = 2.0
_LETTER = 0.36
"""Width of an average letter of a bold sans-serif as a share of the banner's height, on the safe side."""
_ALONG = np.linspace(0.0, 1.3, 40)
"""Where the banner keeps clear of the shaft and of what lies ahead of it, as shares of the shaft's length."""
_EDGES = np.array([[0.0], [1.0]])


def draw(analysis: Analysis, style: Style | None = None, rules: ScoringRules | None = None) -> Drawing:
    """Shapes that show an answer on its frame."""
    style, rules = style or _STYLE, rules or _RULES
    scale = max(analysis.height / 480.0, 0.5)
    shapes: list[Line | Ring | Label] = [
        Line(polygon, style.recess, style.line_px * scale, closed=True) for polygon in analysis.recess.polygons
    ]
    shapes += _needle(analysis, style, scale, rules)
    if analysis.spacing is not None:
        shapes += _scale_bar(analysis, analysis.spacing, style, scale)
    shapes += _banner(analysis, style, scale)
    return Drawing(analysis.width, analysis.height, tuple(shapes))


def _needle(analysis: Analysis, style: Style, scale: float, rules: ScoringRules) -> list[Line | Ring]:
    """Rails beside the shaft, a ring around the tip, and the dashed path beyond it: the needle itself stays bare."""
    shaft = analysis.needle.shaft
    if shaft is None:
        return []
    (x0, y0), (x, y) = (shaft.start.x, shaft.start.y), (shaft.end.x, shaft.end.y)
    length = math.hypot(x - x0, y - y0)
    if length == 0.0:
        return []
    across, down, radius = (x - x0) / length, (y - y0) / length, style.ring_px * scale
    width, rail = style.line_px * scale, style.rail_px * scale
    shapes: list[Line | Ring] = []
    if length > radius:
        for side in (rail, -rail):
            right, below = -down * side, across * side
            ends = [(x0 + right, y0 + below), (x - across * radius + right, y - down * radius + below)]
            shapes.append(Line(np.array(ends), style.needle, 0.7 * width))
    if analysis.needle.tip_visible:
        shapes.append(Ring(shaft.end, radius, style.verdict[analysis.placement.verdict], width))
        ahead = radius + _path_px(analysis, (across, down), rules)
        path = [(x + across * radius, y + down * radius), (x + across * ahead, y + down * ahead)]
        shapes.append(Line(np.array(path), style.needle, 0.7 * width, dash_px=style.dash_px * scale))
    return shapes


def _path_px(analysis: Analysis, along: tuple[float, float], rules: ScoringRules) -> float:
    """How far ahead along a unit direction the path is drawn: to the recess, else to bone, else a little way."""
    if analysis.spacing is None:
        return 0.0
    path = analysis.placement.path
    ahead_mm = path.meets_recess_mm or path.meets_bone_mm or rules.bone_ahead_within_mm / 3.0
    mm_per_px = analysis.spacing.distance_mm(PointPx(0.0, 0.0), PointPx(*along))
    return ahead_mm / mm_per_px


def _scale_bar(analysis: Analysis, spacing: PixelSpacing, style: Style, scale: float) -> list[Line | Label]:
    """A centimetre along the probe face, at the lower left of the B-mode picture."""
    left, bottom, right = _scale_place(analysis, spacing, scale)
    tick = 3.0 * scale
    bar = [[left, bottom - tick], [left, bottom], [right, bottom], [right, bottom - tick]]
    words = Label("10 mm", PointPx(left, bottom - 2.0 * tick), 0.8 * style.text_px * scale, style.scale)
    return [Line(np.array(bar), style.scale, style.line_px * scale), words]


def _scale_place(analysis: Analysis, spacing: PixelSpacing, scale: float) -> tuple[float, float, float]:
    """Left end, height and right end of the scale bar."""
    left = analysis.bmode.x0 + 8.0 * scale
    return left, analysis.bmode.y1 - 8.0 * scale, left + 10.0 / spacing.column_mm


def _banner(analysis: Analysis, style: Style, scale: float) -> list[Line | Label]:
    placement = analysis.placement
    text = style.text_px * scale
    said, height = banner_text(analysis), _BANNER_HEIGHT * text
    width = min((1.3 + _LETTER * len(said)) * height, float(analysis.width))
    left, top = _free_corner(analysis, width, height, scale)
    colour = style.verdict[placement.verdict]
    panel = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    mark = _mark(placement.verdict) * (0.32 * height) + np.array([left + 0.5 * height, top + 0.5 * height])
    words = Label(said, PointPx(left + height, top + 0.66 * height), 0.5 * height, colour)
    return [
        Line(panel, style.panel, 1.0, closed=True, filled=True),
        Line(mark, colour, style.line_px * scale, closed=True, filled=placement.verdict is Verdict.INSIDE),
        words,
    ]


def banner_text(analysis: Analysis) -> str:
    """Verdict in words, with the distance to the wall where the tip is seen, else with the first reason."""
    placement = analysis.placement
    words = _WORDS[placement.verdict]
    if placement.signed_distance_mm is not None and analysis.needle.tip_visible:
        likely = "" if placement.p_inside is None else f"  p {probability_words(placement.p_inside)}"
        return f"{words}  {placement.signed_distance_mm:+.1f} mm{likely}"
    return f"{words}  {placement.reasons[0]}" if placement.reasons else words


def probability_words(p: float) -> str:
    """A probability of two digits for people; never rounded to certainty. Answers keep four digits, which decide."""
    p = round(p, 4)
    return "> 0.99" if p > 0.99 else "< 0.01" if p < 0.01 else f"{p:.2f}"


def _mark(verdict: Verdict) -> Points:
    """Outline of the verdict's shape, about one unit in radius: disc, cross, diamond or bar."""
    if verdict is Verdict.INSIDE:
        turn = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
        return np.column_stack([np.cos(turn), np.sin(turn)])
    if verdict is Verdict.OUTSIDE:
        arm = [[-1, -0.6], [-0.6, -1], [0, -0.4], [0.6, -1], [1, -0.6], [0.4, 0]]
        cross = np.array(arm, dtype=np.float64)
        return np.vstack([cross, -cross])
    if verdict is Verdict.INDETERMINATE:
        return np.array([[0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    return np.array([[-1.0, -0.25], [1.0, -0.25], [1.0, 0.25], [-1.0, 0.25]])


def _free_corner(analysis: Analysis, width: float, height: float, scale: float) -> tuple[float, float]:
    """Top left of the corner of the picture that lies farthest from needle and recess, and off the scale bar.

    The bar is covered only where every other corner would cover needle or recess.
    """
    right, bottom = max(analysis.width - width, 0.0), max(analysis.height - height, 0.0)
    shaft = analysis.needle.shaft
    marks = list(analysis.recess.polygons)
    if shaft is not None:
        start, tip = shaft.array()
        marks.append(start + _ALONG[:, None] * (tip - start))
    if not marks:
        return 0.0, 0.0
    x, y = np.concatenate(marks).T
    beside = np.maximum(np.maximum(_EDGES * right - x, x - _EDGES * right - width), 0.0)
    above = np.maximum(np.maximum(_EDGES * bottom - y, y - _EDGES * bottom - height), 0.0)
    nearest = np.min(
        (above * above)[:, None] + (beside * beside)[None], axis=2
    )  # squared, [top or bottom, left or right]
    if analysis.spacing is not None:
        bar_left, bar_bottom, bar_right = _scale_place(analysis, analysis.spacing, scale)
        if bar_bottom >= bottom:  # only then it reaches as far down as a banner
            clear = np.array([[True, True], [bar_left > width, bar_right < right]]) & (nearest > 0.0)
            nearest = np.where(clear, nearest, -1.0) if clear.any() else nearest
    row, column = divmod(int(np.argmax(nearest)), 2)
    return column * right, row * bottom


def to_svg(drawing: Drawing) -> str:
    """Drawing as an SVG of the frame's size, transparent where nothing is drawn.

    The view box starts half a pixel before the origin because SVG counts from the corner of a pixel, frames from its
    centre.
    """
    size = f'width="{drawing.width}" height="{drawing.height}"'
    view = f'viewBox="-0.5 -0.5 {drawing.width} {drawing.height}"'
    body = "".join(_svg(shape) for shape in drawing.shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} fill="none">{body}</svg>'


def _svg(shape: Line | Ring | Label) -> str:
    colour = "#{:02x}{:02x}{:02x}".format(*shape.colour)
    if isinstance(shape, Ring):
        centre = f'cx="{shape.centre.x:.2f}" cy="{shape.centre.y:.2f}" r="{shape.radius_px:.2f}"'
        return f'<circle {centre} stroke="{colour}" stroke-width="{shape.width_px:.2f}"/>'
    if isinstance(shape, Label):
        place = f'x="{shape.at.x:.2f}" y="{shape.at.y:.2f}" font-size="{shape.height_px:.1f}"'
        return f'<text {place} font-family="sans-serif" font-weight="600" fill="{colour}">{escape(shape.text)}</text>'
    # One format of all numbers takes half the time of one for each point.
    path = ("%.2f,%.2f " * len(shape.points))[:-1] % tuple(shape.points.ravel().tolist())
    end, more = "Z" if shape.closed else "", f' fill="{colour}"' if shape.filled else ""
    if shape.dash_px:
        more += f' stroke-dasharray="{shape.dash_px:.2f}"'
    return f'<path d="M{path}{end}" stroke="{colour}" stroke-width="{shape.width_px:.2f}"{more}/>'
