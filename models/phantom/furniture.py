"""Screen furniture that no vendor owns: rulers, numbers, labels, buttons and icons around the B-mode picture."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.geometry import BoxPx, GridToFrame, PixelSpacing, SpacingSource
from models.phantom.randomness import stream
from models.phantom.truth import PhantomFrame

Grey = npt.NDArray[np.uint8]

SCREENS = ((640, 480), (800, 600), (1024, 768), (720, 576), (1280, 720))
"""Width and height."""

SIDE_LABELS = ("MSK", "Gen", "2D", "Res", "MB", "S", "F 10", "Gn 52", "DR 60", "MI 0.7", "TIS 0.1", "97%", "L 12-4")
TITLES = ("SUPRAPAT LONG", "R SUPRAPAT LONG", "L SUPRAPAT", "R KNEE", "L KNEE LONG", "QUAD")
BUTTONS = ("Gen", "Guide", "Clips", "Dual", "Page 1/2", "Gain", "Depth", "Save")


class Screen(NamedTuple):
    """Full-screen picture.

    ``bmode`` is the rectangle that shows tissue, ``grid_to_screen`` takes positions of the phantom's grid to it.
    """

    pixels: Grey
    bmode: BoxPx
    spacing: PixelSpacing
    grid_to_screen: GridToFrame


def on_screen(frame: PhantomFrame, seed: int) -> Screen:
    """Draw a frame as a whole screen, resampled to a spacing drawn for it.

    The same frame and seed give the same bytes.
    """
    rng = stream(seed, "screen")
    width, height = SCREENS[int(rng.integers(len(SCREENS)))]
    box = _place(rng, frame, width, height)
    ground = int(rng.choice([0, 0, 0, 16, 56]))
    pixels = np.full((height, width), ground, dtype=np.uint8)
    cut = frame.picture
    tissue = frame.pixels[cut.y0 : cut.y1, cut.x0 : cut.x1]
    pixels[box.y0 : box.y1, box.x0 : box.x1] = cv2.resize(
        tissue, (box.width, box.height), interpolation=cv2.INTER_CUBIC
    )
    step_x, step_y = box.width / cut.width, box.height / cut.height
    spacing = PixelSpacing(frame.spacing.row_mm / step_y, frame.spacing.column_mm / step_x, SpacingSource.CALLER)
    _draw_furniture(rng, pixels, box, spacing)
    origin = (box.x0 + 0.5 * step_x - 0.5 - cut.x0 * step_x, box.y0 + 0.5 * step_y - 0.5 - cut.y0 * step_y)
    return Screen(pixels, box, spacing, GridToFrame(*origin, step_x, step_y))


def _place(rng: np.random.Generator, frame: PhantomFrame, width: int, height: int) -> BoxPx:
    """Rectangle with room for furniture, of the picture's own shape."""
    cut = frame.picture
    scale = min(0.72 * width / cut.width, 0.82 * height / cut.height) * rng.uniform(0.8, 1.0)
    wide, high = int(cut.width * scale), int(cut.height * scale)
    left = int(rng.uniform(0.3, 0.7) * (width - wide))
    top = int(rng.uniform(0.2, 0.6) * (height - high))
    return BoxPx(left, top, left + wide, top + high)


def _draw_furniture(rng: np.random.Generator, pixels: Grey, box: BoxPx, spacing: PixelSpacing) -> None:
    grey = int(rng.integers(110, 220))
    _ruler(rng, pixels, box, spacing, grey)
    _side_labels(rng, pixels, box, grey)
    if rng.uniform() < 0.6:
        _buttons(rng, pixels, box)
    if rng.uniform() < 0.5:
        _grey_bar(rng, pixels, box)
    if rng.uniform() < 0.6:
        _title(rng, pixels, box, grey)


def _ruler(rng: np.random.Generator, pixels: Grey, box: BoxPx, spacing: PixelSpacing, grey: int) -> None:
    """Ticks every 5 or 10 mm beside the picture, and the depth in centimetres at its foot or at each tick."""
    x = min(box.x1 + int(rng.integers(4, 16)), pixels.shape[1] - 12)
    step_mm = float(rng.choice([5.0, 10.0]))
    numbered = rng.uniform() < 0.5
    for k in range(int(box.height * spacing.row_mm / step_mm) + 1):
        y = box.y0 + round(k * step_mm / spacing.row_mm)
        long = 6 if k % 2 == 0 else 3
        cv2.line(pixels, (x, y), (x + long, y), grey, 1)
        if numbered and k and (k * step_mm) % 10 == 0:
            _write(pixels, f"{k * step_mm / 10:.0f}", (x + 9, y + 4), grey, 0.35)
    if not numbered:
        _write(
            pixels, f"{box.height * spacing.row_mm / 10:.1f}", (x - 4, min(box.y1 + 14, pixels.shape[0] - 3)), grey, 0.4
        )


def _side_labels(rng: np.random.Generator, pixels: Grey, box: BoxPx, grey: int) -> None:
    for x in (6, min(box.x1 + 34, pixels.shape[1] - 60)):
        y = int(rng.integers(20, 60))
        for _ in range(int(rng.integers(1, 8))):
            _write(pixels, str(rng.choice(SIDE_LABELS)), (x, y), grey, rng.uniform(0.32, 0.5))
            y += int(rng.integers(15, 30))
        if rng.uniform() < 0.6:
            _icon(rng, pixels, (x + 12, min(y + 8, pixels.shape[0] - 20)), grey)


def _icon(rng: np.random.Generator, pixels: Grey, at: tuple[int, int], grey: int) -> None:
    x, y = at
    if rng.uniform() < 0.5:
        cv2.rectangle(pixels, (x - 8, y - 5), (x + 8, y + 5), grey, 1)
        cv2.rectangle(pixels, (x - 6, y - 3), (x + 2, y + 3), grey, -1)
    else:
        cv2.circle(pixels, (x, y), 6, grey, 1)
        cv2.line(pixels, (x - 3, y), (x + 3, y), grey, 1)


def _buttons(rng: np.random.Generator, pixels: Grey, box: BoxPx) -> None:
    count = int(rng.integers(3, 7))
    top = pixels.shape[0] - int(rng.integers(20, 34))
    if top < box.y1 + 2:
        return
    wide = min(90, (pixels.shape[1] - 20) // count)
    for k in range(count):
        left = 10 + k * wide
        cv2.rectangle(pixels, (left, top), (left + wide - 4, pixels.shape[0] - 4), 48, -1)
        _write(pixels, str(rng.choice(BUTTONS)), (left + 6, pixels.shape[0] - 9), 190, 0.36)


def _grey_bar(rng: np.random.Generator, pixels: Grey, box: BoxPx) -> None:
    x = max(box.x0 - int(rng.integers(14, 24)), 1)
    high = min(int(rng.integers(50, 110)), box.height - 4)
    ramp = np.linspace(255, 0, high).astype(np.uint8)
    wide = min(8, box.x0 - x)
    pixels[box.y0 : box.y0 + high, x : x + wide] = ramp[:, None]


def _title(rng: np.random.Generator, pixels: Grey, box: BoxPx, grey: int) -> None:
    inside = rng.uniform() < 0.3
    y = box.y0 + 14 if inside else max(box.y0 - 6, 12)
    _write(pixels, str(rng.choice(TITLES)), (box.x0 + int(rng.integers(2, 20)), y), grey, rng.uniform(0.4, 0.55))
    if rng.uniform() < 0.6:
        cv2.circle(pixels, (box.x0 + 4, box.y0 + 5), 4, 150, -1)


def mark_picture(rng: np.random.Generator, pixels: Grey, picture: BoxPx) -> Grey:
    """Picture with a caption and an orientation dot burned in at its top, as scanners store it."""
    marked = np.array(pixels)
    grey = int(rng.integers(140, 230))
    if rng.uniform() < 0.7:
        x = picture.x0 + int(rng.uniform(0.0, 0.4) * picture.width)
        _write(marked, str(rng.choice(TITLES)), (x, picture.y0 + int(rng.integers(8, 14))), grey, 0.3)
    if rng.uniform() < 0.7:
        cv2.circle(marked, (picture.x0 + int(rng.integers(3, 30)), picture.y0 + 4), 2, 150, -1)
    outside = np.ones(marked.shape, dtype=bool)
    outside[picture.y0 : picture.y1, picture.x0 : picture.x1] = False
    marked[outside] = 0
    return marked


def _write(pixels: Grey, text: str, at: tuple[int, int], grey: int, size: float) -> None:
    cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, grey, 1, cv2.LINE_AA)
