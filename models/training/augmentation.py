"""What scanners, operators and file formats do to a picture, at random: so that training sees more than one machine.

Every function takes the random generator first and returns a new picture. Geometry moves the truth with the picture;
nothing else touches the truth.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from imaging.geometry import PointPx
from models.training.sample import NEEDLE_BIT, SIDE, Bytes, Sample, negative

Random = np.random.Generator
Floats = npt.NDArray[np.float32]

NEEDLE_PIXELS = 25
"""Needle pixels left in the picture below which no needle is said to be there: 1 mm2 at 0.2 mm."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How often and how far; the defaults are those of the committed model."""

    scale: tuple[float, float] = (0.85, 1.15)
    aspect: float = 0.04
    narrow: float = 0.25
    """Share of pictures narrower or shallower than the grid."""
    grey: float = 0.8
    resolution: float = 0.35
    speckle: float = 0.35
    furniture: float = 0.15
    jpeg: float = 0.35
    swap: float = 0.2
    """Share of phantom pictures whose coarse amplitude spectrum comes from a real picture."""
    ruined: float = 0.02
    """Share of pictures replaced by something that is no ultrasound picture at all."""


def augment(random: Random, sample: Sample, strength: Strength, real: Bytes | None = None) -> Sample:
    """One random variant; ``real`` lends its low-frequency amplitudes."""
    if random.random() < strength.ruined:
        return negative(ruined(random), suprapatellar=0.0, quality=0.0)
    pixels = sample.pixels
    if real is not None and random.random() < strength.swap:
        pixels = swap_amplitude(random, pixels, real)
    if random.random() < strength.resolution:
        pixels = change_resolution(random, pixels)
    moved, box = move(random, sample.with_pixels(pixels), strength)
    pixels = moved.pixels
    if random.random() < strength.grey:
        pixels = change_grey(random, pixels)
    if random.random() < strength.speckle:
        pixels = add_speckle(random, pixels)
    pixels = pixels * box
    if random.random() < strength.furniture:
        pixels = add_furniture(random, pixels)
    if random.random() < strength.jpeg:
        pixels = compress(random, pixels)
    return moved.with_pixels(pixels)


def move(random: Random, sample: Sample, strength: Strength) -> tuple[Sample, Bytes]:
    """Flip, scale, shift and crop picture and truth; with it the mask (0 or 1) of what is picture.

    The top edge of the picture stays the top edge of the grid and the picture stays centred, as the grid of
    `imaging.onnx_model` has it.
    """
    scale_y = random.uniform(*strength.scale)
    scale_x = scale_y * (1.0 + random.uniform(-strength.aspect, strength.aspect))
    flip = -1.0 if random.random() < 0.5 else 1.0
    middle = (SIDE - 1) / 2.0
    width, height = SIDE, SIDE
    if random.random() < strength.narrow:
        width, height = int(random.integers(160, SIDE + 1)), int(random.integers(140, SIDE + 1))
    room = max(0.0, (scale_x * SIDE - width) / 2.0)
    shift_x = middle + random.uniform(-room, room)
    shift_y = random.uniform(-6.0, 2.0) if random.random() < 0.3 else 0.0
    matrix = np.array([[flip * scale_x, 0.0, shift_x - flip * scale_x * middle], [0.0, scale_y, shift_y]])
    pixels = cv2.warpAffine(sample.pixels, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    truth = cv2.warpAffine(sample.truth, matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST)
    box = np.zeros((SIDE, SIDE), dtype=np.uint8)
    left = (SIDE - width) // 2
    box[:height, left : left + width] = 1
    tip = None if sample.tip is None else _moved(matrix, sample.tip)
    truth = np.asarray(truth, np.uint8) * box
    lit = (truth != 0).astype(np.uint8)  # a phantom may itself be narrower than its grid
    kept = Sample(np.asarray(pixels, np.uint8) * lit, truth, tip, sample.scores)
    return _rescored(kept, lit), lit


def _moved(matrix: npt.NDArray[np.float64], point: PointPx) -> PointPx:
    x, y = matrix @ np.array([point.x, point.y, 1.0])
    return PointPx(float(x), float(y))


def _rescored(sample: Sample, box: Bytes) -> Sample:
    """Needle and tip that left the picture are no longer there."""
    needle = float(np.count_nonzero(sample.truth & NEEDLE_BIT) >= NEEDLE_PIXELS)
    tip = sample.tip
    if tip is not None:
        row, column = round(tip.y), round(tip.x)
        inside = 0 <= row < SIDE and 0 <= column < SIDE and bool(box[row, column])
        tip = tip if inside and needle else None
    view, quality = sample.scores[:2]
    return replace(sample, tip=tip, scores=(view, quality, needle, float(tip is not None)))


def change_grey(random: Random, pixels: Bytes) -> Bytes:
    """Gamma, gain and dynamic range by table; then depth and side gain, which add after log compression."""
    level = np.linspace(0.0, 1.0, 256)
    floor = random.uniform(-0.08, 0.15)
    curve = np.clip((level ** np.exp(random.normal(0.0, 0.25)) - floor) / (1.0 - floor), 0.0, 1.0)
    curve = np.clip(curve * np.exp(random.normal(0.0, 0.15)), 0.0, 1.0)
    table = (255.0 * curve).astype(np.float32)
    out = table[pixels] + _gain_field(random)
    return _to_bytes(out)


def _gain_field(random: Random) -> Floats:
    knots = random.normal(0.0, random.uniform(0.0, 14.0), (4, 3)).astype(np.float32)
    knots += random.normal(0.0, 12.0) * np.linspace(-1.0, 1.0, 4, dtype=np.float32)[:, None]
    return _enlarged(knots, cv2.INTER_CUBIC)


def change_resolution(random: Random, pixels: Bytes) -> Bytes:
    """Blur, along the beam less than across it, or sharpen the edges as scanners do."""
    if random.random() < 0.6:
        across = random.uniform(0.4, 1.6)
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), across, sigmaY=across * random.uniform(0.3, 1.0)), np.uint8)
    soft = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.8, 2.0))
    amount = random.uniform(0.2, 0.9)
    return np.asarray(cv2.addWeighted(pixels, 1.0 + amount, soft, -amount, 0.0), np.uint8)


def add_speckle(random: Random, pixels: Bytes) -> Bytes:
    """Grain of a random size, partly in proportion to the level."""
    size = (int(random.integers(90, SIDE + 1)), int(random.integers(60, SIDE + 1)))
    grain = _enlarged(random.standard_normal(size, dtype=np.float32), cv2.INTER_LINEAR)
    sigma = random.uniform(2.0, 14.0)
    weight = (0.3 + 0.7 * pixels.astype(np.float32) / 128.0) * sigma
    return _to_bytes(pixels + weight * grain)


def add_furniture(random: Random, pixels: Bytes) -> Bytes:
    """Text, calliper marks and dots burnt into the picture."""
    out = pixels.copy()
    for _ in range(int(random.integers(1, 4))):
        at = (int(random.integers(0, SIDE - 20)), int(random.integers(8, SIDE)))
        level = int(random.integers(120, 256))
        if random.random() < 0.5:
            letters = "".join(chr(c) for c in random.integers(48, 91, int(random.integers(1, 9))))
            cv2.putText(out, letters, at, cv2.FONT_HERSHEY_SIMPLEX, random.uniform(0.25, 0.5), level, 1)
        else:
            marker = int(random.choice([cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS, cv2.MARKER_SQUARE]))
            cv2.drawMarker(out, at, level, marker, int(random.integers(4, 12)), 1)
    return out


def compress(random: Random, pixels: Bytes) -> Bytes:
    """JPEG loss."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 92))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def swap_amplitude(random: Random, pixels: Bytes, real: Bytes) -> Bytes:
    """Phantom with the low-frequency amplitudes of a real picture, its own phases kept.

    References
    ----------
    Yang Y, Soatto S. FDA: Fourier domain adaptation for semantic segmentation. CVPR 2020.
    """
    reach = int(random.integers(2, 7))
    own = np.fft.rfft2(pixels.astype(np.float32))
    other = np.abs(np.fft.rfft2(real.astype(np.float32)))
    amplitude = np.abs(own)
    blend = random.uniform(0.3, 1.0)
    for rows in (slice(0, reach), slice(-reach, None)):
        part = (1.0 - blend) * amplitude[rows, :reach] + blend * other[rows, :reach]
        own[rows, :reach] *= part / np.maximum(amplitude[rows, :reach], 1e-3)
    return _to_bytes(np.fft.irfft2(own, s=pixels.shape).astype(np.float32))


def ruined(random: Random) -> Bytes:
    """A blank, noise, a ramp or blobs: what a probe in air, a covered camera or a wrong file may send."""
    kind = int(random.integers(0, 4))
    if kind == 0:
        return np.full((SIDE, SIDE), int(random.integers(0, 256)), dtype=np.uint8)
    size = int(random.choice([6, 16, 64, 128, SIDE]))
    field = _enlarged(random.standard_normal((size, size), dtype=np.float32), cv2.INTER_CUBIC)
    if kind == 1:  # a probe in air: bright rings near the face, noise below
        depth = np.arange(SIDE, dtype=np.float32)[:, None]
        rings = 200.0 * np.exp(-depth / random.uniform(5.0, 30.0)) * (0.6 + 0.4 * np.cos(depth / random.uniform(1, 4)))
        return _to_bytes(rings + 12.0 * np.abs(field))
    return _to_bytes(random.uniform(0.0, 200.0) + random.uniform(5.0, 70.0) * field)


def _to_bytes(levels: Floats) -> Bytes:
    return np.clip(levels, 0.0, 255.0).astype(np.uint8)


def _enlarged(field: Floats, interpolation: int) -> Floats:
    return np.asarray(cv2.resize(field, (SIDE, SIDE), interpolation=interpolation), dtype=np.float32)
