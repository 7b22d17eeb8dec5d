"""Targets and losses."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from imaging.segmentation import Tissue
from models.training.network import OTHER_TISSUES, Outputs
from models.training.sample import HIDDEN_RECESS, NEEDLE_BIT

IGNORED = -100


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Share of each part, and the weights inside them."""

    tissue: float = 0.6
    recess: float = 1.5
    needle: float = 1.0
    tip: float = 0.12
    view: float = 0.3
    tissue_classes: tuple[float, ...] = (0.6, 1.0, 1.0, 1.5, 1.2, 2.5, 0.7)
    recess_pixels: float = 3.0
    recess_edge: float = 3.0
    """Added within 0.4 mm of the recess's outline: of a thin recess that is all there is."""
    needle_pixels: float = 4.0
    tip_sigma_px: float = 2.5


class Targets(NamedTuple):
    """Truth bytes ``[n, rows, columns]``, tips ``[n, 2]`` (x, y; NaN where not visible), scores ``[n, 4]`` (NaN)."""

    truth: Tensor
    tip: Tensor
    scores: Tensor


def total_loss(outputs: Outputs, targets: Targets, weights: LossWeights) -> dict[str, Tensor]:
    """Every part by name, already weighted, and their sum as ``total``."""
    tissue = targets.truth & (NEEDLE_BIT - 1)
    needle = (targets.truth & NEEDLE_BIT) > 0
    parts = {
        "tissue": weights.tissue * tissue_loss(outputs.tissue, tissue, weights.tissue_classes),
        "recess": weights.recess * recess_loss(outputs.recess, tissue, weights),
        "needle": weights.needle * mask_loss(outputs.needle, needle, weights.needle_pixels),
        "tip": weights.tip * tip_loss(outputs.tip, targets.tip, weights.tip_sigma_px),
        "view": weights.view * view_loss(outputs.view, targets.scores),
    }
    return {**parts, "total": torch.stack(list(parts.values())).sum()}


def tissue_loss(logits: Tensor, tissue: Tensor, class_weights: tuple[float, ...]) -> Tensor:
    """Weighted cross-entropy at half resolution; recess and unknown tissue do not count."""
    table = torch.full((NEEDLE_BIT,), IGNORED, dtype=torch.long, device=tissue.device)
    for index, code in enumerate(OTHER_TISSUES):
        table[int(code)] = index
    target = table[tissue[:, ::2, ::2].long()]
    weight = torch.tensor(class_weights, device=logits.device)
    known = (target != IGNORED).sum().clamp(min=1)
    return functional.cross_entropy(logits.float(), target, weight, ignore_index=IGNORED, reduction="sum") / known


def recess_loss(logits: Tensor, tissue: Tensor, weights: LossWeights) -> Tensor:
    """`mask_loss` of the recess, its outline weighed up; what nobody can see of it counts neither way."""
    mask = tissue == Tissue.RECESS
    extra = weights.recess_edge * near_edge(mask)
    return mask_loss(logits, mask, weights.recess_pixels, (1.0 + extra) * (tissue != HIDDEN_RECESS))


def near_edge(mask: Tensor, reach: int = 2) -> Tensor:
    """1 where a mask ``[n, rows, columns]`` changes within ``reach`` pixels, else 0."""
    plane = mask[:, None].float()
    size = 2 * reach + 1
    grown = functional.max_pool2d(plane, size, 1, reach)
    shrunk = -functional.max_pool2d(-plane, size, 1, reach)
    return (grown - shrunk)[:, 0]


def mask_loss(logits: Tensor, mask: Tensor, pixel_weight: float, counts: Tensor | None = None) -> Tensor:
    """Cross-entropy with weighted foreground, plus soft Dice per picture.

    A picture without the structure has a defined Dice too: every falsely marked pixel lowers it. ``counts`` weighs
    pixels further; where it is 0 they count in neither part.
    """
    target = mask[:, None].float()
    weight = 1.0 + (pixel_weight - 1.0) * target
    scale = torch.ones_like(target) if counts is None else counts[:, None].float()
    entropy = functional.binary_cross_entropy_with_logits(logits.float(), target, weight * scale)
    probability = torch.sigmoid(logits.float()) * (scale > 0)
    overlap = (probability * target).sum(dim=(1, 2, 3))
    size = probability.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3))
    some = 100.0  # pixels (4 mm2): keeps the quotient steady for small structures
    return 4.0 * entropy + (1.0 - (2.0 * overlap + some) / (size + some)).mean()


def tip_loss(logits: Tensor, tip: Tensor, sigma_px: float) -> Tensor:
    """Cross-entropy between the tip's softmax over the picture and a Gaussian at the true tip."""
    seen = torch.isfinite(tip).all(dim=1)
    if not bool(seen.any()):
        return logits.float().sum() * 0.0
    rows, columns = logits.shape[2:]
    x = torch.arange(columns, device=logits.device)[None, None, :]
    y = torch.arange(rows, device=logits.device)[None, :, None]
    at = tip[seen]
    square = (x - at[:, 0, None, None]) ** 2 + (y - at[:, 1, None, None]) ** 2
    target = torch.softmax((-square / (2.0 * sigma_px**2)).flatten(1), dim=1)
    likely = torch.log_softmax(logits[seen, 0].float().flatten(1), dim=1)
    return -(target * likely).sum(dim=1).sum() / logits.shape[0]


def view_loss(logits: Tensor, scores: Tensor) -> Tensor:
    """Cross-entropy of the scores that are known."""
    known = torch.isfinite(scores)
    target = torch.where(known, scores, torch.zeros_like(scores))
    entropy = functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="none")
    return (entropy * known).sum() / known.sum().clamp(min=1)
