"""Plots as SVG that stands inside a page: no style attributes, no outside references, ids of its own.

Colours are Okabe and Ito's, which the colour-blind tell apart; what a colour says is said by shape or words as well.
Needs the extra ``report``.
"""

import io
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from imaging.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PURPLE, YELLOW, GREY, INK = "#56b4e9", "#cc79a7", "#f0e442", "#8a8f98", "#1b1f24"

FONTS = "DejaVu Sans, Verdana, sans-serif"
_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "sonoplace",
}
_LOCK = threading.Lock()
"""matplotlib keeps its settings in one place for all threads."""
_STYLED = re.compile(r' style="([^"]*)"')
_IDS = re.compile(r'(\bid="|xlink:href="#|url\(#)')


def drawn(name: str, width: float, height: float, paint: Callable[["Figure"], None]) -> str:
    """SVG element of a plot.

    Parameters
    ----------
    name
        Goes before every id, so that several plots can stand in one page.
    width, height
        In inches.
    paint
        Draws on the empty sheet it is handed.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="report", purpose="drawing plots") from error
    text = io.StringIO()
    with _LOCK, mpl.rc_context(_STYLE):
        sheet = Figure(figsize=(width, height), layout="constrained")
        paint(sheet)
        sheet.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inlined(text.getvalue(), name)


def inlined(svg: str, name: str) -> str:
    """SVG of matplotlib's as an element of a page whose policy allows no inline styles."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    body = _STYLED.sub(lambda match: _attributes(match[1]), body)
    body = _IDS.sub(lambda match: f"{match[1]}{name}-", body)
    return body.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)


def _attributes(style: str) -> str:
    """Presentation attributes that say what a style attribute said (SVG 1.1, 6.1)."""
    said = [part.split(":", 1) for part in style.split(";") if ":" in part]
    pairs = [(key.strip(), FONTS if key.strip() == "font-family" else value.strip()) for key, value in said]
    return "".join(f' {key}="{value}"' for key, value in pairs)
