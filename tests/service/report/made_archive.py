"""An audit's dataset made up row by row: what is true of it is known, and no picture is analysed."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from service.audit.schema import TABLES

OPERATORS = 10
MONTHS = [f"{2024 + month // 12}-{month % 12 + 1:02d}" for month in range(24)]
SCANNERS = ("Scanner A", "Scanner B", "Scanner C")
TISSUES = ("prefemoral_fat", "suprapatellar_fat", "quadriceps", "bone")


def hmac(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def procedure(rng: np.random.Generator, at: int, count: int) -> dict[str, Any]:
    """One row: operator 0 misses 30 times in a hundred, the others 4; pictures are brighter from the second year on."""
    operator, month = int(rng.integers(OPERATORS)), MONTHS[at * len(MONTHS) // count]
    missed = rng.uniform() < (0.30 if operator == 0 else 0.04)
    fate = rng.uniform()
    verdict = "not_assessed" if fate < 0.07 else "indeterminate" if fate < 0.14 else "extra_articular" if missed else ""
    verdict = verdict or ("confirmed" if rng.uniform() < 0.7 else "probable")
    reason = {
        "not_assessed": "NO_NEEDLE" if rng.uniform() < 0.6 else "NOT_CALIBRATED",
        "indeterminate": "RECESS_TOO_THIN",
    }
    inside = verdict in ("confirmed", "probable")
    distance = rng.normal(2.0, 0.7) if inside else rng.normal(-3.0, 1.5)
    needle = verdict != "not_assessed"
    return {
        "procedure_id": hmac(f"procedure {at}")[:32],
        "service_id": hmac(f"service {at}")[:32] if at % 2 else None,
        "operator_hmac": hmac(f"operator {operator}"),
        "site_hmac": hmac(f"site {operator % 3}"),
        "study_date": month,
        "scanner": SCANNERS[int(rng.integers(3))],
        "calibration": None if reason.get(verdict) == "NOT_CALIBRATED" else "dicom-region",
        "spacing_row_mm": 0.08,
        "frames": 120,
        "verdict": verdict,
        "tissue": TISSUES[int(rng.choice(4, p=[0.5, 0.25, 0.15, 0.1]))] if verdict == "extra_articular" else None,
        "reasons": [reason[verdict]] if verdict in reason else [],
        "p_inside": float(np.clip(0.98 if inside else 0.02, 0, 1)) if needle else None,
        "signed_distance_mm": float(distance) if needle else None,
        "angle_deg": float(rng.gamma(6, 3.6)) if needle else None,
        "tip_visible_share": float(rng.beta(8, 2)) if needle else None,
        "recess_thickness_mm": float(rng.lognormal(1.2, 0.5)),
        "view": float(rng.beta(20, 1)),
        "quality": float(rng.beta(8, 2)),
        "grey_mean": float(rng.normal(62 if month < "2025" else 70, 6)),
        "grey_sd": float(rng.normal(40, 4)),
        "needle_frames": 80 if needle else 0,
        "model_sha256": "f" * 64,
    }


def made_archive(out: Path, count: int = 360, seed: int = 3) -> list[dict[str, Any]]:
    """Write the tables of an audit into a folder, and give the rows of its procedures."""
    rng = np.random.default_rng(seed)
    rows = [procedure(rng, at, count) for at in range(count)]
    codes = ["unreadable-image"] * 4 + ["unsupported-media-type"] * 2
    failures = [{"procedure_id": hmac(code), "path": "a/b.dcm", "code": code, "quarantined": False} for code in codes]
    write_tables(out, rows, failures)
    return rows


def write_tables(out: Path, rows: list[dict[str, Any]], failures: list[dict[str, Any]]) -> None:
    """Tables of an audit that found these procedures and failures."""
    for name, listed in (("procedures", rows), ("frames", []), ("failures", failures)):
        (out / name).mkdir(parents=True)
        schema = TABLES[name]
        filled = [{field.name: row.get(field.name) for field in schema} for row in listed]
        pq.write_table(pa.Table.from_pylist(filled, schema), out / name / "part-00000001.parquet")
