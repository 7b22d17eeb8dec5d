"""Draws a knee in the long-axis suprapatellar view."""

import cv2
import numpy as np

from models.phantom.anatomy import Curve, Knee
from models.phantom.canvas import Canvas
from models.phantom.physics import AnatomyRanges
from models.phantom.randomness import smooth_curve, stream
from models.phantom.textures import blur


def sample_long_axis(seed: int, canvas: Canvas, ranges: AnatomyRanges) -> Knee:
    """Draw one knee that fits the picture."""
    rng = stream(seed, "anatomy")
    x = canvas.x_mm
    along = np.clip((x - canvas.left_mm) / canvas.width_mm, 0.0, 1.0)
    skin = ranges.skin_mm.sample(rng) + 0.12 * smooth_curve(rng, x, 15.0)
    fat = skin + _fat(rng, x, along, ranges)
    thickness = ranges.tendon_mm.sample(rng) * (1.0 - rng.uniform(0.0, 0.35) * along)
    tendon = fat + thickness + 0.25 * smooth_curve(rng, x, 18.0)
    roof = _roof(rng, x, tendon, ranges)
    pad = np.minimum(roof - tendon, _pad(rng, x, canvas, ranges))
    patella, end_mm = _patella(rng, canvas, (fat, tendon, roof), ranges)
    recess = _recess(rng, canvas, end_mm, ranges)
    floor = roof + recess
    femur = _femur(rng, x, floor, ranges)
    return Knee(x, skin, fat, tendon, roof - pad, roof, floor, femur, patella, end_mm)


def _fat(rng: np.random.Generator, x: Curve, along: Curve, ranges: AnatomyRanges) -> Curve:
    source = ranges.thick_fat_mm if rng.uniform() < 0.15 else ranges.fat_mm
    base = source.sample(rng)
    rise = ranges.tendon_rise.sample(rng) * along ** rng.uniform(0.7, 2.5)
    wave = 0.06 * base * smooth_curve(rng, x, 25.0)
    return np.asarray(np.maximum(base * (1.0 - rise) + wave, 0.6))


def _roof(rng: np.random.Generator, x: Curve, tendon: Curve, ranges: AnatomyRanges) -> Curve:
    gap = ranges.roof_gap_mm
    middle = float(np.mean(tendon)) + gap.low + (gap.high - gap.low) * rng.uniform() ** 1.7
    tilt = np.tan(np.radians(ranges.roof_tilt_deg.sample(rng)))
    # A roof falls towards the patella no less often than it rises with the tendon: mix both.
    follow = rng.uniform(0.0, 1.0) * (tendon - np.mean(tendon))
    line = middle + tilt * (x - np.mean(x)) + follow + rng.uniform(0.1, 0.7) * smooth_curve(rng, x, 16.0)
    return np.asarray(np.maximum(line, tendon + 0.3))


def _pad(rng: np.random.Generator, x: Curve, canvas: Canvas, ranges: AnatomyRanges) -> Curve:
    centre = canvas.right_mm - rng.uniform(4.0, 18.0)
    reach = rng.uniform(6.0, 16.0)
    bump = np.where(x < centre, np.exp(-(((x - centre) / reach) ** 2)), 1.0)
    return np.asarray(rng.uniform(0.1, 0.9) + ranges.suprapatellar_fat_mm.sample(rng) * bump)


def _patella(
    rng: np.random.Generator, canvas: Canvas, stack: tuple[Curve, Curve, Curve], ranges: AnatomyRanges
) -> tuple[Curve, float]:
    x = canvas.x_mm
    end_mm = canvas.right_mm - ranges.patella_in_picture_mm.sample(rng)
    if rng.uniform() < ranges.no_patella_share:
        return np.full_like(x, np.inf), float(canvas.right_mm + 5.0)
    fat, tendon, roof = stack
    column = canvas.at(end_mm)
    bottom = tendon[column] + rng.uniform(0.0, 0.95) * (roof[column] - tendon[column])
    top = float(fat[canvas.at(canvas.right_mm)]) + rng.uniform(0.5, 3.0)
    top = min(top, bottom - 2.5)
    u = np.clip((x - end_mm) / ranges.patella_length_mm.sample(rng), 0.0, 1.0)
    face = top + (bottom - top) * (1.0 - u) ** rng.uniform(1.1, 2.2)
    face += 0.3 * smooth_curve(rng, x, 7.0) + rng.uniform(0.0, 0.3) * smooth_curve(rng, x, 2.5)
    return np.where(x >= end_mm, np.maximum(face, 2.0), np.inf), float(end_mm)


def _recess(rng: np.random.Generator, canvas: Canvas, end_mm: float, ranges: AnatomyRanges) -> Curve:
    """Thickness of the recess per column: a skewed hump, sometimes with a long thin tail away from the patella."""
    greatest = greatest_recess_mm(rng, ranges)
    # Fluid lies mostly against the patella, its end hidden in the shadow; less often it keeps a distance.
    beyond = rng.uniform(2.0, 14.0) if rng.uniform() < ranges.under_patella_share else rng.uniform(-9.0, 3.0)
    right = min(end_mm + beyond, canvas.right_mm + 4.0)
    length = min(ranges.recess_length_mm.sample(rng) * (1.0 + greatest / 25.0), 60.0)
    u = np.clip((right - canvas.x_mm) / length, 0.0, 1.0)
    hump = u ** rng.uniform(0.2, 1.0) * (1.0 - u) ** rng.uniform(0.5, 2.6)
    hump *= 1.0 + min(rng.uniform(0.0, 0.3), 1.2 / greatest) * smooth_curve(rng, canvas.x_mm, 12.0)
    hump /= max(float(hump.max()), 1e-6)
    if rng.uniform() < ranges.tail_share:
        v = np.clip((right - canvas.x_mm) / (length * rng.uniform(1.0, 2.5)), 0.0, 1.0)
        tail = rng.uniform(0.08, 0.5) * np.clip(v / 0.05, 0.0, 1.0) * np.clip((1.0 - v) / 0.15, 0.0, 1.0)
        hump = np.maximum(hump, tail * (0.8 + 0.2 * smooth_curve(rng, canvas.x_mm, 9.0)))
    return np.asarray(greatest * hump)


def greatest_recess_mm(rng: np.random.Generator, ranges: AnatomyRanges) -> float:
    """Thickness of the recess where it is thickest: collapsed, thin, or an effusion."""
    if rng.uniform() < ranges.no_recess_share:
        return float(rng.uniform(0.05, 0.4))
    if rng.uniform() < ranges.thin_share:
        return ranges.thin_recess_mm.sample(rng)
    # Effusions: log-normal with median 6.3 mm and mean 7.5 mm (D'Agostino, Ann Rheum Dis 2005;64:1703, table 4).
    drawn = float(np.exp(np.log(6.3) + 0.59 * rng.standard_normal()))
    return float(np.clip(drawn, ranges.effusion_mm.low, ranges.effusion_mm.high))


def _femur(rng: np.random.Generator, x: Curve, floor: Curve, ranges: AnatomyRanges) -> Curve:
    pad = ranges.prefemoral_fat_mm.sample(rng)
    tilt = np.tan(np.radians(ranges.femur_tilt_deg.sample(rng)))
    line = float(np.mean(floor)) + pad + tilt * (x - np.mean(x)) + 0.5 * smooth_curve(rng, x, 30.0)
    drop = rng.uniform(-0.004, 0.012) * np.maximum(x - np.mean(x), 0.0) ** 2
    return clear_of(line + drop, floor + 1.0, x)


def clear_of(line: Curve, above: Curve, x: Curve) -> Curve:
    """Line pushed down, smoothly, to where it nowhere lies above another."""
    lacking = np.maximum(above - line, 0.0).astype(np.float32)[None, :]
    reach = max(int(6.0 / (x[1] - x[0])), 1)
    widened = cv2.dilate(lacking, np.ones((1, 2 * reach + 1), dtype=np.uint8))
    return np.asarray(line + blur(np.asarray(widened, dtype=np.float32), reach / 3.0, 0.0)[0] + 0.02)
