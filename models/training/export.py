"""From a checkpoint to a model folder: ``python -m models.training.export --checkpoint FILE --out DIR --version V``.

Writes ``weights.safetensors`` (where a further training may begin), ``model.onnx`` (the graph with pre- and
post-processing inside) and ``manifest.json``: measured with the finished graph, the operating points of the scores and
the calibration of ``p_inside`` on one set of phantom seeds and the evaluation figures on another. Training seeds begin
at 1,000,000; validation and test seeds never meet them or each other.
"""

import argparse
import hashlib
import json
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

from imaging.onnx_model import OnnxSegmenter, load_model
from imaging.segmentation import ProbabilityCalibration, Tissue
from models.evaluation import evaluate_phantom
from models.training.cache import SPACING_MM
from models.training.calibration import Thresholds, observe, platt, thresholds
from models.training.deployed import Deployed
from models.training.network import VIEW_SCORES, PlacementNet
from models.training.sample import SIDE

VALIDATION_SEEDS = range(100_000, 200_000)
TEST_SEEDS = range(200_000, 300_000)
OUTPUTS = ("labels", "recess", "needle", "tip", "view")
OPSET = 17


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the weights come from; ``labelled`` are the keys of `models.evaluation.trained_on`."""

    version: str
    commit: str
    seed: int
    steps: int
    frames: int
    labelled: tuple[str, ...] = ()


def write_graph(net: PlacementNet, path: Path) -> None:
    """Export the network; batch normalisation is folded into the convolutions before it."""
    deployed = Deployed(net).eval()
    blank = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=DeprecationWarning)  # the newer exporter needs another package
        warnings.simplefilter("ignore", category=UserWarning)  # sizes are constants of the graph
        torch.onnx.export(
            deployed, (blank,), path, dynamo=False, opset_version=OPSET, input_names=["grey"], output_names=OUTPUTS
        )


def check_graph(net: PlacementNet, path: Path, seed: int = 0) -> float:
    """Greatest difference between ONNX Runtime and PyTorch in any probability, on noise.

    Raises
    ------
    ValueError
        If it is above 0.001, or more than one label in a thousand differs.
    """
    grey = np.random.default_rng(seed).integers(0, 256, (1, 1, SIDE, SIDE), dtype=np.uint8)
    with torch.no_grad():
        expected = [value.numpy() for value in Deployed(net).eval()(torch.from_numpy(grey))]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    got = session.run(list(OUTPUTS), {"grey": grey})
    worst = max(float(np.abs(a - b).max()) for a, b in zip(expected[1:], got[1:], strict=True))
    labels = float(np.mean(expected[0] != got[0]))
    if worst > 1e-3 or labels > 1e-3:
        msg = f"graph differs from the network by {worst} in probability and in {labels:.2%} of the labels"
        raise ValueError(msg)
    return worst


def write_manifest(
    folder: Path,
    origin: Origin,
    calibration: ProbabilityCalibration,
    evaluation: dict[str, object] | None = None,
) -> None:
    """Write ``manifest.json`` beside the graph."""
    data = (folder / "model.onnx").read_bytes()
    manifest = {
        "name": "suprapatellar",
        "version": origin.version,
        "sha256": hashlib.sha256(data).hexdigest(),
        "input": {"rows": SIDE, "columns": SIDE, "mm_per_pixel": SPACING_MM},
        "classes": {int(tissue): tissue.name.lower() for tissue in Tissue},
        "calibration": {"slope": round(calibration.slope, 4), "intercept": round(calibration.intercept, 4)},
        "training": {
            "commit": origin.commit,
            "seed": origin.seed,
            "steps": origin.steps,
            "frames": origin.frames,
            **({"labelled": list(origin.labelled)} if origin.labelled else {}),
        },
        "evaluation": evaluation,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def load_net(checkpoint: Path) -> tuple[PlacementNet, dict[str, Any]]:
    """Averaged weights of a checkpoint, the seed, step and frames it stands at, and its labelled frames."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = PlacementNet().eval()
    net.load_state_dict(state["average"])
    stands = {key: int(state[key]) for key in ("seed", "step", "frames")}
    return net, {**stands, "labelled": tuple(state.get("labelled", ()))}


def save_weights(net: PlacementNet, folder: Path) -> None:
    """Write the weights as trained, operating points not yet moved."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in net.state_dict().items()}, folder / "weights.safetensors")


def move_operating_points(net: PlacementNet, chosen: Thresholds) -> None:
    """Shift the view and needle scores so that 0.5, at which the rules cut, is where validation wants the cut."""
    cuts = {"suprapatellar": chosen.view, "needle": chosen.needle}
    shift = [math.log(cuts[name] / (1.0 - cuts[name])) if name in cuts else 0.0 for name in VIEW_SCORES]
    weights = net.state_dict()
    bias = next(name for name in reversed(weights) if name.startswith("view.") and name.endswith(".bias"))
    weights[bias] -= torch.tensor(shift)


def export(net: PlacementNet, out: Path, origin: Origin) -> None:
    """Write graph and a manifest without calibration or figures."""
    out.mkdir(parents=True, exist_ok=True)
    write_graph(net, out / "model.onnx")
    check_graph(net, out / "model.onnx")
    write_manifest(out, origin, ProbabilityCalibration())


def measure(net: PlacementNet, out: Path, origin: Origin, validation: int, test: int) -> OnnxSegmenter:
    """Set operating points and calibrate on validation seeds, evaluate on test seeds; the manifest says all of it."""
    seeds = VALIDATION_SEEDS[:validation]
    move_operating_points(net, thresholds(list(observe(seeds, load_model(out)))))
    export(net, out, origin)
    calibration = platt(list(observe(seeds, load_model(out))))
    write_manifest(out, origin, calibration)
    segmenter = load_model(out)
    write_manifest(out, origin, calibration, evaluate_phantom(TEST_SEEDS[:test], segmenter).to_dict())
    return segmenter


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Export a checkpoint as a model folder.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--commit", default="unknown", help="commit of the code that trained it")
    parser.add_argument("--validation-frames", type=int, default=800)
    parser.add_argument("--test-frames", type=int, default=600)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    net, stands = load_net(options.checkpoint)
    save_weights(net, options.out)
    origin = Origin(
        options.version, options.commit, stands["seed"], stands["step"], stands["frames"], stands["labelled"]
    )
    export(net, options.out, origin)
    if options.test_frames:
        measure(net, options.out, origin, options.validation_frames, options.test_frames)


if __name__ == "__main__":
    main()
