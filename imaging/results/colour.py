"""Colours as DICOM recommends them: CIELab values as scaled integers (PS3.3 C.10.7.1.1)."""

import numpy as np

from imaging.overlay import Colour

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1)."""
_TO_D50 = np.array(
    [[1.0478112, 0.0228866, -0.0501270], [0.0295424, 0.9904844, -0.0170491], [-0.0092345, 0.0150436, 0.7521316]]
)
"""Bradford adaptation from D65 to D50, the white point of DICOM's CIELab."""
_WHITE_D50 = np.array([0.96422, 1.0, 0.82521])


def cielab(colour: Colour) -> list[int]:
    """L*, a*, b* of an sRGB colour: L* 0 to 100 and a*, b* -128 to 127, each scaled to 0 to 65535."""
    srgb = np.array(colour) / 255.0
    linear = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
    relative = _TO_D50 @ (_TO_XYZ @ linear) / _WHITE_D50
    x, y, z = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16.0 / 116.0).tolist()
    lightness, a, b = 116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)
    scaled = (lightness * 65535.0 / 100.0, (a + 128.0) * 65535.0 / 255.0, (b + 128.0) * 65535.0 / 255.0)
    return [min(max(round(value), 0), 65535) for value in scaled]
