"""How a needle looks: specular drop-out, beads, parallel copies, bright bevel, ring-down, shadow and ghost.

References
----------
Reusz G et al. Needle-related ultrasound artifacts and their importance in anaesthetic practice.
Br J Anaesth 2014;112:794. Contrast against angle: MisitLab measurements (see README.md beside this file).
"""

import cv2
import numpy as np
import numpy.typing as npt

from models.phantom.canvas import Canvas
from models.phantom.needle_pose import OUTER_DIAMETER_MM, NeedlePose
from models.phantom.physics import NeedleRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream

COPY_SHARES = (0.4, 0.25, 0.15, 0.1, 0.1)
"""Shares of needles with 0 to 4 copies below."""


def needle_coordinates(canvas: Canvas, pose: NeedlePose) -> tuple[FloatArray, FloatArray]:
    """Distance back from the tip and depth below the (bent) shaft, in mm, per fine pixel."""
    angle = np.radians(pose.angle_deg)
    dx = pose.heading * (pose.tip_x_mm - canvas.x_mm)[None, :]
    dy = (pose.tip_y_mm - canvas.y_mm)[:, None]
    back = dx * np.cos(angle) + dy * np.sin(angle)
    below = dx * np.sin(angle) - dy * np.cos(angle)
    below = below - sag_mm(pose, back)
    return back.astype(np.float32), below.astype(np.float32)


def sag_mm(pose: NeedlePose, back_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sag of the shaft off its chord, 0 at both ends of what is shown."""
    share = np.clip(back_mm / max(pose.shown_from_mm, 1e-3), 0.0, 1.0)
    return np.asarray(pose.bend_mm * 4.0 * share * (1.0 - share))


def shaft_contrast_db(angle_deg: float, rng: np.random.Generator, ranges: NeedleRanges) -> float:
    """Strength of the shaft: a Gaussian lobe about the best angle over a floor."""
    floor = ranges.shaft_floor_db.sample(rng)
    peak = max(ranges.shaft_peak_db.sample(rng), floor)
    off = (angle_deg - ranges.best_angle_deg.sample(rng)) / ranges.lobe_deg.sample(rng)
    off = max(off, 0.0) if rng.uniform() < 0.5 else off
    return floor + (peak - floor) * float(np.exp(-0.5 * off * off))


def needle_reflector(
    seed: int, canvas: Canvas, pose: NeedlePose, ranges: NeedleRanges
) -> tuple[FloatArray, FloatArray]:
    """Amplitude of the needle, and what it does to the passage below it in dB; both per fine pixel."""
    rng = stream(seed, "needle-echo")
    back, below = needle_coordinates(canvas, pose)
    contrast = shaft_contrast_db(pose.angle_deg, rng, ranges)
    along_mm = np.arange(0.0, 90.0, 0.2)
    beads = ranges.bead_db.sample(rng) * (smooth_curve(rng, along_mm, 5.0) + 0.6 * smooth_curve(rng, along_mm, 1.6))
    level = contrast + np.interp(back, along_mm, beads)
    gate = _gate(pose, back)
    half = (0.1 + 0.12 * OUTER_DIAMETER_MM[pose.gauge]) * rng.uniform(0.7, 1.2)
    profile = _copies(rng, below, half, OUTER_DIAMETER_MM[pose.gauge])
    profile = np.maximum(profile, _far_wall(seed, below, half, pose, ranges))
    amplitude = np.power(10.0, level / 20.0) * gate * profile
    if rng.uniform() < ranges.ghost_share:
        amplitude += _ghost(rng, canvas, pose, contrast)
    amplitude = amplitude + _bevel(rng, canvas, pose, contrast, ranges)
    if pose.tip_visible and rng.uniform() < ranges.cluster_share:
        amplitude = amplitude + _cluster(rng, canvas, pose, contrast)
    return amplitude.astype(np.float32), _below_needle(rng, canvas, pose, back, below, ranges)


def _gate(pose: NeedlePose, back: FloatArray) -> FloatArray:
    """1 along the shown stretch; soft ends where the shaft leaves the plane, sharp at a seen tip."""
    near = np.clip((back - pose.shown_to_mm) / (0.2 if pose.tip_visible else 1.5) + 0.5, 0.0, 1.0)
    far = np.clip((pose.shown_from_mm - back) / 1.0 + 0.5, 0.0, 1.0)
    return np.asarray(near * far, dtype=np.float32)


def _copies(rng: np.random.Generator, below: FloatArray, half: float, bore_mm: float) -> FloatArray:
    """Shaft and its reverberations: parallel copies below, each weaker."""
    profile = np.exp(-0.5 * (below / half) ** 2)
    spacing = bore_mm * rng.uniform(0.9, 1.6) + 2.0 * half
    decay = rng.uniform(0.08, 0.4)
    for copy in range(1, int(rng.choice(5, p=COPY_SHARES)) + 1):
        profile = profile + decay**copy * np.exp(-0.5 * ((below - copy * spacing) / (1.15 * half)) ** 2)
    return np.asarray(profile, dtype=np.float32)


def _far_wall(seed: int, below: FloatArray, half: float, pose: NeedlePose, ranges: NeedleRanges) -> FloatArray:
    """In some needles the far wall shows too: a second line one diameter below, the bore dark between them."""
    rng = stream(seed, "far-wall")
    share = rng.uniform(0.35, 1.0) if rng.uniform() < ranges.double_wall_share else 0.0
    apart = OUTER_DIAMETER_MM[pose.gauge] * rng.uniform(0.8, 1.2)
    return np.asarray(share * np.exp(-0.5 * ((below - apart) / half) ** 2), dtype=np.float32)


def _bevel(
    rng: np.random.Generator, canvas: Canvas, pose: NeedlePose, contrast: float, ranges: NeedleRanges
) -> FloatArray:
    """Bright spot just behind the tip, wider across than deep; it stays bright on steep needles."""
    if not pose.tip_visible:
        return np.zeros(canvas.shape, dtype=np.float32)
    level = max(ranges.tip_db.sample(rng), contrast - 6.0) if rng.uniform() < 0.85 else contrast - 3.0
    wide, deep = rng.uniform(0.35, 0.8), rng.uniform(0.2, 0.4)
    x, y = pose.at(wide * 0.8)
    dx = (canvas.x_mm[None, :] - x) / wide
    dy = (canvas.y_mm[:, None] - y) / deep
    return np.asarray(10.0 ** (level / 20.0) * np.exp(-0.5 * (dx * dx + dy * dy)), dtype=np.float32)


def _cluster(rng: np.random.Generator, canvas: Canvas, pose: NeedlePose, contrast: float) -> FloatArray:
    """Bevel ringing in its bore: short level echoes stacked below the last millimetres of the shaft."""
    out = np.zeros(canvas.shape, dtype=np.float32)
    step = rng.uniform(0.7, 1.6)
    for k in range(1, int(rng.integers(2, 6))):
        x, y = pose.at(rng.uniform(0.3, 5.0))
        dx = (canvas.x_mm[None, :] - x) / rng.uniform(0.5, 1.4)
        dy = (canvas.y_mm[:, None] - y - step * k * rng.uniform(0.6, 1.0)) / rng.uniform(0.15, 0.35)
        level = contrast + rng.uniform(-6.0, 4.0) - 2.0 * k
        out += (10.0 ** (level / 20.0) * np.exp(-0.5 * (dx * dx + dy * dy))).astype(np.float32)
    return out


def _ghost(rng: np.random.Generator, canvas: Canvas, pose: NeedlePose, contrast: float) -> FloatArray:
    """Side-lobe line: shallower, fainter, at another angle, broad."""
    turned = pose.angle_deg * rng.uniform(0.6, 0.9)
    lifted = NeedlePose(
        pose.tip_x_mm + pose.heading * rng.uniform(0.0, 6.0),
        pose.tip_y_mm - rng.uniform(2.0, 6.0),
        turned,
        pose.heading,
        pose.gauge,
        pose.shown_from_mm * rng.uniform(0.4, 0.9),
        0.0,
        0.0,
    )
    back, below = needle_coordinates(canvas, lifted)
    broad = np.exp(-0.5 * (below / rng.uniform(0.4, 1.2)) ** 2) * _gate(lifted, back)
    return np.asarray(10.0 ** ((contrast - rng.uniform(8.0, 18.0)) / 20.0) * broad, dtype=np.float32)


def _below_needle(
    rng: np.random.Generator,
    canvas: Canvas,
    pose: NeedlePose,
    back: FloatArray,
    below: FloatArray,
    ranges: NeedleRanges,
) -> FloatArray:
    """Columns under the shaft: brightened by ring-down, or darkened by shadow."""
    effect = np.zeros(canvas.shape, dtype=np.float32)
    under = (below > 0.3) * np.clip((pose.shown_from_mm - back) / 2.0, 0.0, 1.0)
    if rng.uniform() < ranges.shadow_share:
        effect -= rng.uniform(1.5, 7.0) * (under * (back > pose.shown_to_mm))
    if rng.uniform() < ranges.haze_share:
        haze = np.exp(-np.maximum(below, 0.0) / rng.uniform(3.0, 15.0)) * (under * (back > pose.shown_to_mm))
        effect += (rng.uniform(2.0, 8.0) * haze).astype(np.float32)
    if rng.uniform() < ranges.ring_down_share:
        for _ in range(int(rng.integers(1, 4))):
            x, y = pose.at(rng.uniform(0.0, 0.7) * pose.shown_from_mm if rng.uniform() < 0.6 else 0.3)
            depth = (canvas.y_mm - y)[:, None]
            shaft = np.exp(-0.5 * ((canvas.x_mm - x) / rng.uniform(0.5, 2.2)) ** 2)[None, :]
            fade = np.where(depth > 0.0, np.exp(-depth / rng.uniform(4.0, 20.0)), 0.0)
            effect += (rng.uniform(3.0, 12.0) * shaft * fade).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(effect, (0, 0), 1.5), dtype=np.float32)
