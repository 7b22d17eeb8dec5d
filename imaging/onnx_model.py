"""The network as ONNX Runtime runs it: the one file of imaging that touches onnxruntime."""

import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from imaging.errors import BadModel
from imaging.frame import Frame, GreyPixels
from imaging.geometry import GridToFrame
from imaging.model_folder import InputGrid, Manifest, graph_bytes
from imaging.raster import resample
from imaging.second_thread import SecondThread
from imaging.segmentation import FloatMap, ModelIdentity, Segmentation, ViewScores
from imaging.speckle import speckle_score

PROVIDER = "CPUExecutionProvider"


class _Maps(NamedTuple):
    """What the graph gives, by the names of its outputs."""

    labels: npt.NDArray[np.uint8]
    recess: FloatMap
    needle: FloatMap
    tip: FloatMap
    view: npt.NDArray[np.float32]


class OnnxSegmenter:
    """Segmenter that runs one ONNX graph; see `imaging.segmentation.Segmenter` for its contract."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        manifest: Manifest,
        twofold: "_Twofold | None" = None,
    ) -> None:
        self._session = session
        self._twofold = twofold
        self._grid = manifest.grid
        self._identity = ModelIdentity(
            manifest.name, manifest.version, manifest.sha256, manifest.precision, PROVIDER, manifest.calibration
        )

    @property
    def identity(self) -> ModelIdentity:
        """Which network answers."""
        return self._identity

    def segment(self, frame: Frame) -> Segmentation:
        """Label map, probabilities and scores for one frame."""
        begun = time.perf_counter()
        grid = self._grid.placed(frame.bmode, frame.spacing)
        grey = self._seen(frame, grid)
        resampled = time.perf_counter()
        maps = self._run(grey)
        done = time.perf_counter()
        scores = replace(ViewScores(*maps.view.tolist()), speckle=speckle_score(frame))
        stages = {"resample": (resampled - begun) * 1e3, "network": (done - resampled) * 1e3}
        return Segmentation(maps.labels, maps.recess, maps.needle, maps.tip, scores, grid, stages)

    def _seen(self, frame: Frame, grid: GridToFrame) -> GreyPixels:
        """B-mode rectangle alone on the grid: nothing beyond it is even read."""
        box = frame.bmode
        inside = frame.pixels[box.y0 : box.y1, box.x0 : box.x1]
        from_box = GridToFrame(grid.origin_x - box.x0, grid.origin_y - box.y0, grid.step_x, grid.step_y)
        return resample(inside, from_box, self._grid.rows, self._grid.columns)

    def _run(self, grey: GreyPixels) -> _Maps:
        given = {"grey": grey[None, None]}
        if self._twofold is None:
            return _Maps(*self._session.run(_Maps._fields, given))
        with self._twofold.choice.threads() as threads:
            session = self._session if threads == 1 else self._twofold.session
            return _Maps(*session.run(_Maps._fields, given))


class _Twofold(NamedTuple):
    """The same graph run with two threads, and who chooses when."""

    session: onnxruntime.InferenceSession
    choice: SecondThread


def load_model(folder: Path, second_thread: SecondThread | None = None) -> OnnxSegmenter:
    """Segmenter from a model folder.

    Several frames at once are served by several callers of the one segmenter, each inference with one thread.

    Parameters
    ----------
    second_thread
        Who chooses inferences that are run with two threads; the answers are the same, bit for bit. None for no one.

    Raises
    ------
    BadModel
        If a file is missing or damaged, or the graph is not the one that the manifest names.
    """
    manifest = Manifest.read(folder / "manifest.json")
    data = graph_bytes(folder, manifest)
    try:
        session = onnxruntime.InferenceSession(data, _options(1), providers=[PROVIDER])
        twofold = onnxruntime.InferenceSession(data, _options(2), providers=[PROVIDER]) if second_thread else None
    except _RUNTIME_ERRORS as error:
        msg = f"model.onnx of {manifest.name} {manifest.version} is not a graph that can be run"
        raise BadModel(msg) from error
    _check_graph(session, manifest.grid)
    return OnnxSegmenter(session, manifest, _Twofold(twofold, second_thread) if second_thread else None)


_RUNTIME_ERRORS = (
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
    onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException,
)


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads double the latency of everything else on a shared machine. A second thread is no use without,
    # as waking it takes longer than most of its work: it spins until its run ends.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 1 else "0")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    return options


def _check_graph(session: onnxruntime.InferenceSession, grid: InputGrid) -> None:
    takes = [(item.name, list(item.shape), item.type) for item in session.get_inputs()]
    gives = {item.name for item in session.get_outputs()}
    expected = [("grey", [1, 1, grid.rows, grid.columns], "tensor(uint8)")]
    if takes != expected or not gives.issuperset(_Maps._fields):
        msg = f"graph takes {takes} and gives {sorted(gives)}: expected {expected} and {sorted(_Maps._fields)}"
        raise BadModel(msg)
