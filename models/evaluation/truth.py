"""What lies beneath the needle: label maps show the needle on top, the question is about the tissue under it."""

import cv2
import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue

LabelMap = npt.NDArray[np.uint8]


def beneath_needle(labels: LabelMap, needle: int = Tissue.NEEDLE) -> LabelMap:
    """Label map with every needle pixel given the label of the nearest pixel that is not needle.

    A map of nothing but needle comes back as background.
    """
    mask = labels == needle
    if not mask.any():
        return labels
    if mask.all():
        return np.zeros_like(labels)
    _, nearest = cv2.distanceTransformWithLabels(
        mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_component = np.zeros(int(nearest.max()) + 1, dtype=np.uint8)
    of_component[nearest[~mask]] = labels[~mask]
    filled: LabelMap = of_component[nearest]
    return filled
