"""One phantom frame from one seed."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.geometry import BoxPx, PointPx, SegmentPx
from imaging.segmentation import Tissue
from models.phantom.anatomy import Knee
from models.phantom.bubbles import bubbles, cloud_in_recess, cloud_in_tissue
from models.phantom.canvas import Canvas
from models.phantom.furniture import mark_picture
from models.phantom.image_formation import form_image, sample_scanner
from models.phantom.knee_echo import knee_scene
from models.phantom.long_axis import sample_long_axis
from models.phantom.needle_echo import needle_reflector, sag_mm
from models.phantom.needle_pose import ANYWHERE, SITE_SHARES, NeedlePose, Site, place_needle
from models.phantom.other_views import NEEDLE_SHARES, sample_other
from models.phantom.physics import PRACTICE_NEEDLE, ImagingRanges, NeedleRanges, Physics
from models.phantom.randomness import stream
from models.phantom.scatterers import sample_scatterers
from models.phantom.scene import Scene
from models.phantom.transverse import sample_transverse
from models.phantom.truth import GridSpec, NeedleTruth, PhantomFrame, View
from models.phantom.visibility import hidden_recess

NEEDLE_LABEL_MM = 0.4
"""Half-width of the needle's label: what a reader marks is the shaft's echo, not its steel."""

EMPTY_QUALITY = 0.2
"""What a picture without any tissue keeps of its quality."""

_PLAIN = Physics()
_GRID = GridSpec()


def make_frame(seed: int, physics: Physics = _PLAIN, grid: GridSpec = _GRID) -> PhantomFrame:
    """Draw the frame of a seed: the same pixels and truth for the same arguments.

    Parameters
    ----------
    seed
        Any integer from 0 up.
    physics
        What the frame is drawn from; `Physics.wider()` for held-out evaluation.
    """
    rng = stream(seed, "frame")
    canvas = _sample_canvas(rng, grid, physics)
    view = _sample_view(rng, physics)
    setting = _sample_setting(seed, canvas, view, physics)
    canvas = setting.scene.canvas
    scene, labels, ranges = setting.scene, setting.scene.labels, setting.needle
    wanted = rng.uniform() < setting.needle_share
    pose = place_needle(stream(seed, "needle"), canvas, labels, ranges, setting.sites) if wanted else None
    if pose is not None:
        scene = scene.with_reflector(*needle_reflector(seed, canvas, pose, ranges))
        scene = _with_bubbles(seed, scene, pose, setting.knee, ranges.bubble_share)
        labels = needle_labels(canvas, labels, pose)
    scanner = sample_scanner(seed, physics.imaging)
    scatterers = sample_scatterers(seed, canvas.shape, scanner.looks)
    pixels = form_image(scene, scanner, scatterers, seed)
    hidden = hidden_recess(pixels, labels, scene.labels, grid.spacing_mm)
    frame = PhantomFrame(
        pixels=pixels,
        labels=labels,
        spacing=grid.spacing,
        needle=None if pose is None else needle_truth(grid, pose),
        recess_thickness_mm=thickness_mm(scene.labels, hidden, grid),
        view=view,
        quality=scanner.quality * (1.0 if scene.labels.any() else EMPTY_QUALITY),
        seed=seed,
        picture=canvas.picture(),
        anatomy=scene.labels,
        hidden=hidden,
    )
    return _marked(mirrored(frame) if rng.uniform() < 0.5 else frame, physics)


def _sample_view(rng: np.random.Generator, physics: Physics) -> View:
    drawn = rng.uniform()
    if drawn < physics.other_share:
        return "other"
    return "transverse" if drawn < physics.other_share + physics.transverse_share else "longitudinal"


@dataclass(frozen=True, eq=False)
class _Setting:
    """Scene without needle, how often such a scene shows one, where its tip may lie and how it looks."""

    scene: Scene
    needle_share: float
    sites: Mapping[Site, float]
    needle: NeedleRanges
    knee: Knee | None


def _sample_setting(seed: int, canvas: Canvas, view: View, physics: Physics) -> _Setting:
    if view == "other":
        scene, kind = sample_other(seed, canvas)
        needle = PRACTICE_NEEDLE if kind == "block" else physics.needle
        return _Setting(scene, NEEDLE_SHARES[kind], ANYWHERE, needle, None)
    sample = sample_transverse if view == "transverse" else sample_long_axis
    knee = sample(seed, canvas, physics.anatomy)
    canvas = depth_for(seed, canvas, knee, physics.imaging)
    return _Setting(
        knee_scene(seed, canvas, knee, physics.echo), physics.needle_share, SITE_SHARES, physics.needle, knee
    )


def depth_for(seed: int, canvas: Canvas, knee: Knee, ranges: ImagingRanges) -> Canvas:
    """Canvas cut near the femur, as an operator sets the depth; in some frames left as it is."""
    rng = stream(seed, "depth")
    depth = float(np.mean(knee.femur)) + ranges.below_femur_mm.sample(rng)
    return canvas.deep(depth) if rng.uniform() < ranges.depth_by_femur_share else canvas


def _with_bubbles(seed: int, scene: Scene, pose: NeedlePose, knee: Knee | None, share: float) -> Scene:
    """In some frames the injectate has begun to show: gas in the recess, or about the tip."""
    rng = stream(seed, "bubbles")
    if rng.uniform() >= share or scene.reflector is None:
        return scene
    tip, count = pose.at(0.0), int(rng.integers(3, 40))
    if knee is not None and knee.has_recess and rng.uniform() < 0.6:
        points = cloud_in_recess(rng, scene.canvas, tip, (knee.roof, knee.floor), count)
    else:
        points = cloud_in_tissue(rng, tip, count)
    amplitude, passage = bubbles(scene.canvas, points, rng.uniform(6.0, 18.0, len(points)))
    return scene.with_reflector(np.maximum(scene.reflector, amplitude), passage)


def _marked(frame: PhantomFrame, physics: Physics) -> PhantomFrame:
    rng = stream(frame.seed, "marks")
    if rng.uniform() >= physics.imaging.marks_share:
        return frame
    return dataclasses.replace(frame, pixels=mark_picture(rng, frame.pixels, frame.picture))


def _sample_canvas(rng: np.random.Generator, grid: GridSpec, physics: Physics) -> Canvas:
    depth = min(physics.imaging.picture_depth_mm.sample(rng), grid.height_mm)
    width = min(physics.imaging.picture_width_mm.sample(rng), grid.width_mm)
    spare = grid.width_mm - width
    left = spare / 2.0 if rng.uniform() < 0.7 else spare * rng.uniform()
    return Canvas(grid, left, left + width, depth)


def needle_labels(canvas: Canvas, labels: npt.NDArray[np.uint8], pose: NeedlePose) -> npt.NDArray[np.uint8]:
    """Label map with the shown stretch of the needle drawn in."""
    angle = np.radians(pose.angle_deg)
    dx = pose.heading * (pose.tip_x_mm - canvas.x_mm)[None, :]
    dy = (pose.tip_y_mm - canvas.grid_y_mm)[:, None]
    back = dx * np.cos(angle) + dy * np.sin(angle)
    below = dx * np.sin(angle) - dy * np.cos(angle)
    below = below - sag_mm(pose, back)
    shown = (back >= pose.shown_to_mm) & (back <= pose.shown_from_mm) & (np.abs(below) <= NEEDLE_LABEL_MM)
    return np.where(shown & canvas.inside(), np.uint8(Tissue.NEEDLE), labels).astype(np.uint8)


def needle_truth(grid: GridSpec, pose: NeedlePose) -> NeedleTruth:
    """Truth of a pose, in pixels of the grid."""
    tip = grid.to_px(pose.tip_x_mm, pose.tip_y_mm)
    start = grid.to_px(*pose.at(pose.shown_from_mm))
    shown = pose.shown_from_mm - pose.shown_to_mm
    return NeedleTruth(tip, SegmentPx(start, tip), pose.tip_visible, pose.angle_deg, pose.gauge, shown)


def thickness_mm(anatomy: npt.NDArray[np.uint8], hidden: npt.NDArray[np.bool_], grid: GridSpec) -> float:
    """Greatest count of recess pixels in a column that can be seen, as a length."""
    seen = (anatomy == Tissue.RECESS) & ~hidden
    return float(np.count_nonzero(seen, axis=0).max()) * grid.spacing_mm


def mirrored(frame: PhantomFrame) -> PhantomFrame:
    """Same frame seen from the other side: left and right exchanged."""
    last = frame.pixels.shape[1] - 1
    needle = None if frame.needle is None else _mirrored_needle(frame.needle, last)
    cut = frame.picture
    return dataclasses.replace(
        frame,
        pixels=np.ascontiguousarray(frame.pixels[:, ::-1]),
        labels=np.ascontiguousarray(frame.labels[:, ::-1]),
        needle=needle,
        picture=BoxPx(last + 1 - cut.x1, cut.y0, last + 1 - cut.x0, cut.y1),
        anatomy=np.ascontiguousarray(frame.anatomy[:, ::-1]),
        hidden=np.ascontiguousarray(frame.hidden[:, ::-1]),
    )


def _mirrored_needle(needle: NeedleTruth, last: int) -> NeedleTruth:
    tip = PointPx(last - needle.tip.x, needle.tip.y)
    start = PointPx(last - needle.shaft.start.x, needle.shaft.start.y)
    return NeedleTruth(
        tip, SegmentPx(start, tip), needle.tip_visible, needle.angle_deg, needle.gauge, needle.visible_length_mm
    )
