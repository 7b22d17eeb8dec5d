"""How a caller wants a picture read: the pixel spacing, tissue rectangle and region that go with the bytes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Query

from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from service.errors import BadQuery, SpacingConflict

_SPACING_TOLERANCE = 0.01
"""Two spacings that differ by more than this share contradict each other; a QA limit for calipers is 1.5 %."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the caller says about the picture beyond its bytes; None where the bytes shall say it.

    ``spacing_yields`` is for a spacing said of many files at once: one that a file carries wins without a word.
    """

    spacing: PixelSpacing | None = None
    bmode: BoxPx | None = None
    region: int | None = None
    spacing_yields: bool = False

    def applied_to(self, frame: Frame) -> Frame:
        """Frame with the caller's spacing and rectangle.

        A file's own spacing wins where the two agree.

        Raises
        ------
        SpacingConflict
            If they do not.
        """
        spacing = frame.spacing or self.spacing
        if frame.spacing is not None and self.spacing is not None and not self.spacing_yields:
            _require_agreement(frame.spacing, self.spacing)
        return replace(frame, spacing=spacing, bmode=self.bmode or frame.bmode)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the store; `from_dict` reads them back."""
        spacing = [self.spacing.row_mm, self.spacing.column_mm] if self.spacing else None
        return {"spacing_mm": spacing, "bmode": self.bmode.xyxy() if self.bmode else None, "region": self.region}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Reading":
        """Reading from what `to_dict` gave."""
        spacing, bmode = values["spacing_mm"], values["bmode"]
        return cls(
            spacing=PixelSpacing(spacing[0], spacing[1], SpacingSource.CALLER) if spacing else None,
            bmode=BoxPx(*bmode) if bmode else None,
            region=values["region"],
        )


def parse_spacing(text: str) -> PixelSpacing:
    """Pixel spacing from ``ROW,COL`` in millimetres, or one number for both."""
    parts = _numbers(text)
    if len(parts) not in (1, 2):
        msg = f"spacing_mm is {text[:40]!r}: expected ROW,COL or one number, in millimetres"
        raise BadQuery(msg)
    return PixelSpacing(parts[0], parts[-1], SpacingSource.CALLER)


def parse_box(text: str) -> BoxPx:
    """Rectangle from ``x0,y0,x1,y1`` in whole pixels."""
    parts = _numbers(text)
    if len(parts) != 4 or not all(part.is_integer() for part in parts):
        msg = f"bmode is {text[:40]!r}: expected x0,y0,x1,y1 in whole pixels"
        raise BadQuery(msg)
    x0, y0, x1, y1 = (int(part) for part in parts)
    return BoxPx(x0, y0, x1, y1)


async def reading(
    spacing_mm: Annotated[
        str | None,
        Query(description="millimetres per pixel, ROW,COL or one number", examples=["0.1009"], max_length=60),
    ] = None,
    bmode: Annotated[
        str | None, Query(description="part that shows tissue, x0,y0,x1,y1", examples=["84,59,596,386"], max_length=60)
    ] = None,
    region: Annotated[int | None, Query(ge=0, description="DICOM ultrasound region to use, from 0")] = None,
) -> Reading:
    """Query parameters of every route that takes a picture."""
    return Reading(
        spacing=None if spacing_mm is None else parse_spacing(spacing_mm),
        bmode=None if bmode is None else parse_box(bmode),
        region=region,
    )


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []


def _require_agreement(own: PixelSpacing, said: PixelSpacing) -> None:
    pairs = ((own.row_mm, said.row_mm), (own.column_mm, said.column_mm))
    if any(abs(a - b) > _SPACING_TOLERANCE * a for a, b in pairs):
        msg = (
            f"the file says {own.row_mm:.6g} x {own.column_mm:.6g} mm per pixel, spacing_mm says "
            f"{said.row_mm:.6g} x {said.column_mm:.6g}: leave spacing_mm out, or correct it"
        )
        raise SpacingConflict(msg)
