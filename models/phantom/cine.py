"""A phantom injection, frame by frame, with its truth and its events."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.phantom.anatomy import Curve, Knee
from models.phantom.bubbles import NOWHERE_MM, bubbles
from models.phantom.canvas import Canvas
from models.phantom.cine_script import CineEvent, CineScript, Course, plan_course
from models.phantom.frame import depth_for, mirrored, needle_labels, needle_truth, thickness_mm
from models.phantom.image_formation import Scanner, form_image, sample_scanner
from models.phantom.knee_echo import knee_labels, knee_scene
from models.phantom.long_axis import sample_long_axis
from models.phantom.motion import Drift, Tissue2D, opening_profile, sample_drift
from models.phantom.needle_echo import needle_reflector
from models.phantom.needle_pose import NeedlePose, Site, place_needle
from models.phantom.physics import AnatomyRanges, NeedleRanges, Physics, Range
from models.phantom.randomness import stream
from models.phantom.scatterers import Scatterers, sample_scatterers
from models.phantom.scene import Scene
from models.phantom.textures import follow
from models.phantom.truth import GridSpec, PhantomFrame
from models.phantom.visibility import hidden_recess

MARGIN_COLUMNS = 24
"""Tissue drawn beyond either side of the picture, for the probe to drift over."""

CLEAR_PX = 2
"""Rows between a target and the nearest wall, at least: 0.4 mm on the usual grid."""

_GRID = GridSpec()

_SITES: dict[str, Site] = {
    "in_recess": "inside",
    "dry_thin": "inside",
    "prefemoral_fat": "prefemoral_fat",
    "suprapatellar_fat": "suprapatellar_fat",
    "through_recess": "through",
    "short": "short",
    "no_needle": "inside",
}


@dataclass(frozen=True, eq=False)
class PhantomCine:
    """Frames of one injection, drawn as they are asked for.

    Iterating twice gives the same frames. ``events`` are in the order of their frames.
    """

    script: CineScript
    seed: int
    events: tuple[CineEvent, ...]
    _stage: "_Stage"

    def __len__(self) -> int:
        return self.script.frames

    def __iter__(self) -> Iterator[PhantomFrame]:
        previous: npt.NDArray[np.uint8] | None = None
        for index in range(self.script.frames):
            frame = self._stage.frame(index, previous)
            previous = frame.pixels
            yield mirrored(frame) if self._stage.mirror else frame


def make_cine(seed: int, script: CineScript, grid: GridSpec = _GRID) -> PhantomCine:
    """Draw the cine of a seed: the same frames, truth and events for the same arguments.

    Raises
    ------
    ValueError
        If no knee drawn from the seed has room for what the script asks (not seen in practice).
    """
    physics = Physics()
    for attempt in range(60):
        stage = _stage(seed * 64 + attempt, script, grid, physics)
        if stage is not None and _is_told(stage, script):
            return PhantomCine(script, seed, stage.course.events, stage)
    msg = f"seed {seed} gave no knee with room for {script.kind!r}: expected one in 60 attempts"
    raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class _Stage:
    """Everything that stays the same from frame to frame."""

    seed: int
    tissue: Tissue2D
    rest: Knee
    scene: Scene
    scanner: Scanner
    scatterers: Scatterers
    pose: NeedlePose
    course: Course
    drift: Drift
    opening_mm: float
    ranges: NeedleRanges
    persistence: float
    mirror: bool

    def frame(self, index: int, previous: npt.NDArray[np.uint8] | None) -> PhantomFrame:
        """Frame of an index; ``previous`` pixels shine through as far as the scanner's persistence goes."""
        knee = self.rest.opened(self.opening_mm * self.course.injected[index] * opening_profile(self.rest))
        scene = self._tissue_scene(knee, index)
        pose = self._pose(knee, index)
        labels = scene.labels
        if pose is not None:
            scene = scene.with_reflector(*needle_reflector(self.seed, scene.canvas, pose, self.ranges))
            labels = needle_labels(scene.canvas, labels, pose)
        scene = self._injectate(scene, knee, index)
        pixels = form_image(scene, self.scanner, self.scatterers, self.seed * 1000 + index)
        if previous is not None:
            pixels = cv2.addWeighted(pixels, 1.0 - self.persistence, previous, self.persistence, 0.0).astype(np.uint8)
        grid = scene.canvas.grid
        hidden = hidden_recess(pixels, labels, scene.labels, grid.spacing_mm)
        return PhantomFrame(
            pixels=pixels,
            labels=labels,
            spacing=grid.spacing,
            needle=None if pose is None else needle_truth(grid, pose),
            recess_thickness_mm=thickness_mm(scene.labels, hidden, grid),
            view="longitudinal",
            quality=self.scanner.quality,
            seed=self.seed,
            picture=scene.canvas.picture(),
            anatomy=scene.labels,
            hidden=hidden,
        )

    def _shift(self, index: int) -> tuple[float, float]:
        return self.drift.right_mm[index], self.drift.down_mm[index]

    def _tissue_scene(self, knee: Knee, index: int) -> Scene:
        material = self.tissue.material(knee, *self._shift(index))
        view = self.tissue.view
        echo = follow(self.scene.echo_db, material.columns, material.rows)
        passage = follow(self.scene.passage_db, material.columns, material.rows)
        drawn = knee_labels(self.tissue.source, knee, self.scene.passage_db)
        labels = self._labels_in_view(drawn, index)
        labels[~view.inside()] = Tissue.BACKGROUND
        return Scene(view, echo, passage, labels, material)

    def _labels_in_view(self, drawn: npt.NDArray[np.uint8], index: int) -> npt.NDArray[np.uint8]:
        """Labels of the source as they lie in the picture; beyond its foot the lowest row goes on."""
        right_mm, down_mm = self._shift(index)
        view = self.tissue.view
        columns = (view.x_mm + self.tissue.margin_mm - right_mm) / view.grid.spacing_mm - 0.5
        rows = np.clip(
            (view.grid_y_mm - down_mm) / view.grid.spacing_mm - 0.5, 0, int(view.depth_mm / view.grid.spacing_mm) - 1
        )
        return np.array(drawn[np.ix_(np.round(rows).astype(int), np.round(columns).astype(int))])

    def _pose(self, knee: Knee, index: int) -> NeedlePose | None:
        back = self.course.back_mm[index]
        if np.isnan(back):
            return None
        right_mm, down_mm = self._shift(index)
        x, y = self._target(knee)
        angle = self.pose.angle_deg + self.course.turn_deg[index]
        turned = dataclasses.replace(self.pose, tip_x_mm=x, tip_y_mm=y, angle_deg=angle)
        tip_x, tip_y = turned.at(back)
        tip = (tip_x - self.tissue.margin_mm + right_mm, tip_y + down_mm)
        turned = dataclasses.replace(turned, tip_x_mm=tip[0], tip_y_mm=tip[1])
        return _cut_to_picture(turned, self.tissue.view, self.course.hidden_mm[index])

    def _target(self, knee: Knee) -> tuple[float, float]:
        """Target on the source, carried along with the wall that it lies next to."""
        x, y = self.pose.tip_x_mm, self.pose.tip_y_mm
        knots = [(getattr(of, name), of) for of in (self.rest, knee) for name in ("roof", "floor", "femur")]
        depths = [float(np.interp(x, self.tissue.source.x_mm, curve)) for curve, _ in knots]
        return x, float(np.interp(y, [0.0, *depths[:3]], [0.0, *depths[3:]]))

    def _injectate(self, scene: Scene, knee: Knee, index: int) -> Scene:
        share = self.course.injected[index]
        rng = stream(self.seed, "injectate")
        count = int(rng.integers(15, 60))
        born = np.sort(rng.uniform(0.0, 1.0, count))
        level = rng.uniform(5.0, 17.0, count)
        reach = rng.standard_normal((count, 2))
        age = share - born
        alive = age > 0.0
        if not alive.any():
            return scene
        points = self._gas_positions(knee, reach[alive] * np.sqrt(age[alive])[:, None])
        right_mm, down_mm = self._shift(index)
        points += np.array([right_mm - self.tissue.margin_mm, down_mm])
        amplitude, passage = bubbles(scene.canvas, points, level[alive])
        if scene.reflector is not None:
            amplitude = np.maximum(scene.reflector, amplitude)
        return scene.with_reflector(amplitude, passage)

    def _gas_positions(self, knee: Knee, reach: Curve) -> Curve:
        """Positions on the source: along the recess where the injectate is in it, about the tip elsewhere."""
        x, y = self._target(knee)
        if self.opening_mm == 0.0:
            return np.asarray(np.array([x, y]) + reach * np.array([2.5, 0.8]))
        at = x + 9.0 * reach[:, 0]
        roof, floor = (np.interp(at, self.tissue.source.x_mm, wall) for wall in (knee.roof, knee.floor))
        depth = roof + (floor - roof) * np.clip(0.35 + 0.3 * reach[:, 1], 0.08, 0.92)
        return np.where((floor - roof > 0.25)[:, None], np.stack([at, depth], axis=1), NOWHERE_MM)


def _stage(seed: int, script: CineScript, grid: GridSpec, physics: Physics) -> _Stage | None:
    rng = stream(seed, "cine")
    source, view, margin = _canvases(rng, grid, physics)
    rest = sample_long_axis(seed, source, _anatomy(script, physics))
    source = depth_for(seed, source, rest, physics.imaging)
    view = view.deep(source.depth_mm)
    opening = rng.uniform(0.3, 2.0) if script.opens_recess else 0.0
    opened = rest.opened(opening * opening_profile(rest))
    scene = knee_scene(seed, source, opened, physics.echo)
    labels = knee_labels(source, rest, scene.passage_db)
    inner = dataclasses.replace(source, left_mm=margin + 3.0, right_mm=source.grid.width_mm - margin - 3.0)
    ranges = dataclasses.replace(
        physics.needle, angle_deg=Range(8.0, 36.0), bend_mm=Range(0.0, 0.0), hidden_tip_share=0.0, late_start_share=0.0
    )
    pose = place_needle(stream(seed, "needle"), inner, labels, ranges, {_SITES[script.kind]: 1.0})
    if pose is None or pose.shown_from_mm < 12.0:
        return None
    scanner = sample_scanner(seed, physics.imaging)
    return _Stage(
        seed=seed,
        tissue=Tissue2D(source, view, margin, opened),
        rest=rest,
        scene=scene,
        scanner=scanner,
        scatterers=sample_scatterers(seed, source.shape, scanner.looks),
        pose=pose,
        course=plan_course(rng, script, pose.shown_from_mm),
        drift=sample_drift(rng, script.frames, script.rate_hz),
        opening_mm=opening,
        ranges=ranges,
        persistence=rng.uniform(0.0, 0.4),
        mirror=bool(rng.uniform() < 0.5),
    )


def _is_told(stage: _Stage, script: CineScript) -> bool:
    """Whether the picture shows what the script says, with the tip on its target: clear of both walls, in plain sight.

    A recess that is to be thin leaves no room to be clear of its walls.
    """
    if script.kind in ("dry_thin", "no_needle"):
        return True
    frame = stage.frame(next(event.frame for event in stage.course.events if event.kind == "on_target"), None)
    if frame.needle is None:
        return False
    column, row = round(frame.needle.tip.x), round(frame.needle.tip.y)
    recess = (frame.anatomy == Tissue.RECESS).astype(np.uint8)
    around = recess[max(row - CLEAR_PX, 0) : row + CLEAR_PX + 1, column]
    if _SITES[script.kind] == "inside":
        return bool(around.all()) and not frame.hidden[row, column]
    return bool(recess.any()) and not around.any()


def _canvases(rng: np.random.Generator, grid: GridSpec, physics: Physics) -> tuple[Canvas, Canvas, float]:
    """Source and picture, and by how much the source reaches beyond the grid on either side."""
    depth = min(physics.imaging.picture_depth_mm.sample(rng), grid.height_mm)
    wide = dataclasses.replace(grid, columns=grid.columns + 2 * MARGIN_COLUMNS)
    source = Canvas(wide, 0.0, wide.width_mm, depth)
    return source, Canvas(grid, 0.0, grid.width_mm, depth), MARGIN_COLUMNS * grid.spacing_mm


def _anatomy(script: CineScript, physics: Physics) -> AnatomyRanges:
    if script.kind == "dry_thin":
        thin = Range(0.6, 1.9)
        return dataclasses.replace(physics.anatomy, thin_recess_mm=thin, thin_share=1.0, no_recess_share=0.0)
    return dataclasses.replace(physics.anatomy, effusion_mm=Range(3.0, 10.0), no_recess_share=0.0)


def _cut_to_picture(pose: NeedlePose, view: Canvas, hidden_mm: float) -> NeedlePose | None:
    """Pose with its shaft cut at the edge of the picture or at the skin; None if less than 2 mm are left."""
    run, fall = np.cos(np.radians(pose.angle_deg)), np.sin(np.radians(pose.angle_deg))
    to_edge = (pose.tip_x_mm - view.left_mm if pose.heading > 0 else view.right_mm - pose.tip_x_mm) / run
    shown = float(min(to_edge, pose.tip_y_mm / max(fall, 1e-3)))
    if shown < 2.0:
        return None
    return dataclasses.replace(pose, shown_from_mm=shown, shown_to_mm=float(np.clip(shown - 2.0, 0.0, hidden_mm)))
