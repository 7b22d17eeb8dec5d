"""The network: a small U-shaped net that fits 5 ms of one processor core.

Depthwise-separable residual blocks on channel counts in multiples of 16 (the block size of ONNX Runtime's fast
convolutions), a pooled context at the coarsest scale, logits at half resolution. Recess, needle and tip logits are
brought to full resolution by linear interpolation, so that their outlines keep sub-pixel accuracy; the other tissues
need no better than half resolution.

Recess and tissue are *amodal*: where a needle lies over them they say what is beneath, so that "is the tip in the
recess" can be read from the recess probability at the tip.

References
----------
Ronneberger O, Fischer P, Brox T. U-Net. MICCAI 2015. Howard A et al. MobileNets. arXiv:1704.04861 (separable
convolutions).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from imaging.segmentation import Tissue

OTHER_TISSUES = tuple(t for t in Tissue if t not in (Tissue.RECESS, Tissue.NEEDLE))
"""Tissues that share one softmax at half resolution, in the order of its channels."""

VIEW_SCORES = ("suprapatellar", "quality", "needle", "tip_visible")
_DARK = 64.0  # least variance of grey levels to divide by: a blank frame stays blank


@dataclass(frozen=True, slots=True)
class Widths:
    """Channels at 1/2, 1/4, 1/8 and 1/16 of the input's resolution."""

    half: int = 16
    quarter: int = 32
    eighth: int = 64
    sixteenth: int = 128


class Outputs(NamedTuple):
    """Logits: tissue ``[n, 7, rows/2, columns/2]``, maps (recess, needle, tip) at full size, view ``[n, 4]``."""

    tissue: Tensor
    recess: Tensor
    needle: Tensor
    tip: Tensor
    view: Tensor


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and a rectifier."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
        )


class Separable(nn.Sequential):
    """Depthwise 5x5 convolution that halves the resolution, then a pointwise one that widens."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_in, 5, 2, 2, groups=channels_in, bias=False),
            nn.BatchNorm2d(channels_in),
            ConvNorm(channels_in, channels_out, kernel=1),
        )


class Residual(nn.Module):
    """Dilated depthwise 5x5 convolution and two pointwise ones around a shortcut.

    A new one changes nothing (its last normalisation begins at zero), so that a trained network can be made deeper.
    """

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 5, 1, 2 * dilation, dilation, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            ConvNorm(channels, channels, kernel=1),
            nn.Conv2d(channels, channels, 1, bias=False),
            last := nn.BatchNorm2d(channels),
        )
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        return functional.relu(x + self.branch(x))


class GlobalContext(nn.Module):
    """Adds to every position what the whole picture's mean and greatest responses say."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(2 * channels, channels // 2, 1), nn.ReLU(), nn.Conv2d(channels // 2, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        said: Tensor = self.mix(pooled(x))
        return x + said


class UpMerge(nn.Module):
    """Doubles the resolution, adds the encoder's map of that scale and mixes, close by and then farther.

    A thin recess is known by how far it runs.
    """

    def __init__(self, channels_in: int, channels_out: int, skip: nn.Module, *mixes: nn.Module) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.skip = skip
        self.norm = nn.BatchNorm2d(channels_out)
        self.mix, *farther = mixes
        self.farther = nn.Sequential(*farther)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Map at the fine scale."""
        up = functional.interpolate(self.reduce(coarse), scale_factor=2.0, mode="nearest")
        merged: Tensor = self.farther(self.mix(functional.relu(self.norm(up + self.skip(fine)))))
        return merged


class PlacementNet(nn.Module):
    """Tissue, tip and view logits from grey levels ``[n, 1, rows, columns]`` (0 to 255; sides divisible by 16)."""

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        w = widths or Widths()
        self.stem = ConvNorm(1, w.half, stride=2)
        self.to_quarter = nn.Sequential(Separable(w.half, w.quarter), Residual(w.quarter))
        self.to_eighth = nn.Sequential(Separable(w.quarter, w.eighth), Residual(w.eighth), Residual(w.eighth))
        self.to_sixteenth = nn.Sequential(
            Separable(w.eighth, w.sixteenth),
            *(Residual(w.sixteenth, dilation) for dilation in (1, 2, 1, 2)),
            GlobalContext(w.sixteenth),
        )
        self.up_eighth = UpMerge(w.sixteenth, w.eighth, pointwise(w.eighth), Residual(w.eighth), Residual(w.eighth, 2))
        self.up_quarter = UpMerge(
            w.eighth, w.quarter, pointwise(w.quarter), Residual(w.quarter), Residual(w.quarter, 2)
        )
        self.up_half = UpMerge(w.quarter, w.half, nn.Identity(), ConvNorm(w.half, w.half))
        self.head = nn.Conv2d(w.half, len(OTHER_TISSUES) + 3, 1)
        self.view = nn.Sequential(
            nn.Linear(2 * w.sixteenth, w.eighth), nn.ReLU(), nn.Linear(w.eighth, len(VIEW_SCORES))
        )
        with torch.no_grad():  # recess and needle are rare: begin by expecting neither
            self.head.state_dict()["bias"][len(OTHER_TISSUES) : len(OTHER_TISSUES) + 2] = -3.5

    def forward(self, grey: Tensor) -> Outputs:
        """Logits; see `Outputs` for their sizes."""
        half = self.stem(normalise(grey))
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        deep = self.to_sixteenth(eighth)
        fine = self.up_half(self.up_quarter(self.up_eighth(deep, eighth), quarter), half)
        logits = self.head(fine)
        tissue, maps = logits[:, : len(OTHER_TISSUES)], logits[:, len(OTHER_TISSUES) :]
        full = functional.interpolate(maps.float(), scale_factor=2.0, mode="bilinear", align_corners=False)
        return Outputs(tissue, full[:, 0:1], full[:, 1:2], full[:, 2:3], self.view(pooled(deep).flatten(1)))


def pointwise(channels: int) -> nn.Conv2d:
    """Mix channels at every position, without bias."""
    return nn.Conv2d(channels, channels, 1, bias=False)


def normalise(grey: Tensor) -> Tensor:
    """Grey levels less the mean of the lit pixels, over their deviation: gain and contrast taken out."""
    level = grey.float()
    lit = (level > 0).float().sum(dim=(2, 3), keepdim=True).clamp(min=1.0)
    mean = level.sum(dim=(2, 3), keepdim=True) / lit
    square = (level * level).sum(dim=(2, 3), keepdim=True) / lit
    return (level - mean) / (square - mean * mean).clamp(min=_DARK).sqrt()


def pooled(x: Tensor) -> Tensor:
    """Mean and greatest value of every channel over the picture, ``[n, 2 * channels, 1, 1]``."""
    return torch.cat([x.mean(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)], dim=1)
