"""The network as it is exported: probabilities and labels instead of logits, in as few passes as can be.

At the size of the whole picture every pass over a map counts: ONNX Runtime takes a view for nothing but a slice for a
copy, and bytes go through four times as fast as floats.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from imaging.segmentation import Tissue
from models.training.network import PlacementNet, UpMerge

_SHARPNESS = 2.0  # the tip is taught as a Gaussian of 0.5 mm, wider than the error it makes: taken back here


class Deployed(nn.Module):
    """The graph that is exported: ``uint8`` grey in; label map, probabilities, tip map and view scores out."""

    def __init__(self, net: PlacementNet) -> None:
        super().__init__()
        self.net = deepcopy(net)
        for part in list(self.net.modules()):
            if isinstance(part, UpMerge):
                normalise_before_sum(part)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """``labels, recess, needle, tip, view`` for one frame ``[1, 1, rows, columns]``.

        A pixel is needle, else recess, where that probability is above one half, else the likeliest other tissue.
        """
        logits = self.net(grey)
        rows, columns = logits.tip.shape[2:]
        recess = torch.sigmoid(logits.recess.reshape(rows, columns))
        needle = torch.sigmoid(logits.needle.reshape(rows, columns))
        labels = torch.where(recess > 0.5, int(Tissue.RECESS), other_tissue(logits.tissue))
        labels = torch.where(needle > 0.5, int(Tissue.NEEDLE), labels)
        sharp = _SHARPNESS * logits.tip.reshape(1, rows * columns)
        tip = torch.softmax(sharp, dim=1).reshape(rows, columns)
        return labels, recess, needle, tip, torch.sigmoid(logits.view.reshape(-1))


def other_tissue(logits: Tensor) -> Tensor:
    """Likeliest of the tissues that share a softmax, ``[rows, columns]``, from ``[1, 7, rows / 2, columns / 2]``."""
    likeliest = logits.argmax(dim=1, keepdim=True).float()
    codes = likeliest + (likeliest > 3.5).float() + (likeliest > 5.5).float()  # steps over recess and needle
    full = functional.interpolate(codes.to(torch.uint8), scale_factor=2.0, mode="nearest")
    return full.reshape(full.shape[2:])


def normalise_before_sum(merge: UpMerge) -> None:
    """Move a merge's normalisation into its branches, where it folds into the convolutions.

    ``norm(up + skip)`` is ``scale * up + norm(skip)``.
    """
    norm = merge.norm
    scale = norm.weight / torch.sqrt(torch.as_tensor(norm.running_var) + norm.eps)
    merge.reduce.weight = nn.Parameter(merge.reduce.weight * scale[:, None, None, None])
    merge.skip = nn.Sequential(merge.skip, norm)
    merge.register_module("norm", nn.Identity())
