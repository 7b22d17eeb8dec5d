"""Whether what comes in, and what is said of it, has moved: the later half of an archive against the earlier one."""

from typing import Any

import numpy as np

from service.report.archive.columns import ArchiveColumns, Category, Flags
from service.report.archive.statistics import Drift, drift_of_codes, drift_of_numbers

Json = dict[str, Any]
INPUTS = {
    "grey_mean": "mean grey level",
    "grey_sd": "spread of grey levels",
    "quality": "quality score of the picture",
    "view": "score of the view",
    "spacing_row_mm": "size of a pixel (mm)",
    "frames": "pictures of a procedure",
}
OUTPUTS = {
    "p_inside": "probability inside",
    "signed_distance_mm": "tip to wall (mm)",
    "tip_visible_share": "share of pictures with the tip",
    "angle_deg": "needle to probe face (°)",
    "recess_thickness_mm": "thickness of the recess (mm)",
}
LEAST = 30
"""So many procedures on each side at least: below that chance alone moves the index by more than 0.5."""


def drifts_of(columns: ArchiveColumns) -> Json:
    """Drift of input and output; the reference is what is dated up to the middle of the dated procedures."""
    date = columns.categories["date"]
    dated = date.codes >= 0
    if not dated.any():
        return {"rows": [], "why_not": "No procedure has a date."}
    split = int(np.median(date.codes[dated]))
    reference, present = dated & (date.codes <= split), dated & (date.codes > split)
    if min(reference.sum(), present.sum()) < LEAST:
        return {"rows": [], "why_not": f"Fewer than {LEAST} procedures lie on one side of {date.labels[split]}."}
    return {
        "why_not": "",
        "reference": f"{date.labels[0]} to {date.labels[split]}: {int(reference.sum())} procedures",
        "present": f"{date.labels[split + 1]} to {date.labels[-1]}: {int(present.sum())} procedures",
        "rows": [
            *_categories(columns, {"scanner": "scanner", "calibration": "source of the scale"}, reference, present),
            *_numbers(columns, INPUTS, reference, present, "input"),
            *_numbers(columns, OUTPUTS, reference, present, "output"),
            _row("verdict", "output", _codes(columns.verdict, reference, present), ("", "")),
        ],
    }


def _numbers(columns: ArchiveColumns, names: dict[str, str], reference: Flags, present: Flags, side: str) -> list[Json]:
    rows = []
    for name, label in names.items():
        values = columns.numbers[name]
        before, after = values[reference], values[present]
        if np.isfinite(before).any() and np.isfinite(after).any():
            medians = (f"{np.nanmedian(before):.3g}", f"{np.nanmedian(after):.3g}")
            rows.append(_row(label, side, drift_of_numbers(before, after), medians))
    return rows


def _categories(columns: ArchiveColumns, names: dict[str, str], reference: Flags, present: Flags) -> list[Json]:
    known = {name: columns.categories[name] for name in names if columns.categories[name].labels}
    return [_row(names[name], "input", _codes(column, reference, present), ("", "")) for name, column in known.items()]


def _codes(column: Category, reference: Flags, present: Flags) -> Drift:
    before, after = (
        np.bincount(column.codes[among] + 1, minlength=len(column.labels) + 1) for among in (reference, present)
    )
    return drift_of_codes(before, after)


def _row(label: str, side: str, drift: Drift, medians: tuple[str, str]) -> Json:
    return {
        "label": label, "side": side, "before": medians[0], "after": medians[1], "index": f"{drift.index:.3f}",
        "chance": f"{drift.by_chance:.3f}", "ks": "" if drift.ks is None else f"{drift.ks:.2f}", "level": drift.level,
    }  # fmt: skip
