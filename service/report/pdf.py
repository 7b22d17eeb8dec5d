"""The same facts set in type: PDF/A-2a, tagged for readers of screens. Needs the extra ``report``.

Typst sets it: one wheel without system libraries, under Apache-2.0. The facts go in as JSON and are never read as
markup. Fonts are those that matplotlib brings, so that a page looks the same on every machine.
"""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from imaging.errors import MissingExtra
from service.report.page import TEMPLATES

_ARCHIVAL: Literal["a-2a"] = "a-2a"
"""PDF/A-2a (ISO 19005-2): whole in itself, text and structure readable by machines; made to be kept."""


def procedure_pdf(facts: Mapping[str, Any], answered_at: datetime) -> bytes:
    """PDF of a procedure's facts; the same facts give the same bytes.

    Parameters
    ----------
    answered_at
        Stands in the file as its date.

    Raises
    ------
    MissingExtra
        If Typst or matplotlib is not installed.
    """
    try:
        import typst
        from matplotlib import get_data_path
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="report", purpose="a report as PDF") from error
    with tempfile.TemporaryDirectory(prefix="sonoplace-") as name:
        folder = Path(name)
        _lay_out(facts, folder)
        content: bytes = typst.compile(
            folder / "procedure.typ",
            font_paths=[Path(get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
            pdf_standards=[_ARCHIVAL],
            timestamp=answered_at.replace(microsecond=0),
        )
    return content


def _lay_out(facts: Mapping[str, Any], folder: Path) -> None:
    """Template, facts and pictures side by side, where Typst finds them."""
    (folder / "procedure.typ").write_bytes((TEMPLATES / "procedure.typ").read_bytes())
    for at, image in enumerate(facts["images"]):
        (folder / f"image-{at}.svg").write_text(image["svg"], encoding="utf-8")
    (folder / "timeline.svg").write_text(facts["timeline"], encoding="utf-8")
    images = [{key: value for key, value in image.items() if key != "svg"} for image in facts["images"]]
    told = {**facts, "images": images, "timeline": bool(facts["timeline"])}
    (folder / "facts.json").write_bytes(orjson.dumps(told))
