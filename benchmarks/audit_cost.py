"""What a large audit costs, from figures measured on one machine: ``python -m benchmarks.audit_cost FIGURES.json``."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures that the model rests on; `benchmarks.audit_throughput` writes them.

    Parameters
    ----------
    frames_per_s_per_core
        Frames that one busy worker analyses in a second, with all the machine's workers running.
    driver_ms_per_shard
        Processor time that driver and scheduler spend on one shard.
    read_bytes_per_frame, written_bytes_per_frame
        Size of the archive's files and of the tables, per frame.
    """

    frames_per_s_per_core: float
    driver_ms_per_shard: float
    read_bytes_per_frame: float
    written_bytes_per_frame: float

    def __post_init__(self) -> None:
        if not self.frames_per_s_per_core > 0:
            msg = f"a core analyses {self.frames_per_s_per_core} frames/s: expected above 0"
            raise ValueError(msg)

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> "Measured":
        """From the figures of a run."""
        return cls(**{name: float(figures["model"][name]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Archive:
    """Size of what is to be audited, and with how much of what."""

    cines: int
    frames_per_cine: float
    machines: int
    cores_per_machine: int
    shard_files: int = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs. ``driver_bound`` tells that more machines would not make it shorter."""

    hours: float
    core_hours: float
    read_mb_per_s: float
    written_gb: float
    driver_bound: bool


def cost(measured: Measured, archive: Archive) -> Cost:
    """Workers run side by side; the one driver hands out shards meanwhile and is the limit once it has no rest.

    Start-up (seconds) and listing (under the analysis, by another thread) are left out; so is the archive's own speed,
    which has to be at least ``read_mb_per_s``.
    """
    frames = archive.cines * archive.frames_per_cine
    core_s = frames / measured.frames_per_s_per_core
    workers_s = core_s / (archive.machines * archive.cores_per_machine)
    driver_s = archive.cines / archive.shard_files * measured.driver_ms_per_shard / 1e3
    seconds = max(workers_s, driver_s)
    return Cost(
        hours=seconds / _HOUR_S,
        core_hours=core_s / _HOUR_S,
        read_mb_per_s=frames * measured.read_bytes_per_frame / seconds / 1e6,
        written_gb=frames * measured.written_bytes_per_frame / 1e9,
        driver_bound=driver_s > workers_s,
    )


def sentence(measured: Measured, archive: Archive) -> str:
    """What the model says, for a reader."""
    found = cost(measured, archive)
    limit = ", more would not help: the driver has no rest" if found.driver_bound else ""
    return (
        f"{archive.cines:,} cines of {archive.frames_per_cine:.0f} frames cost {found.core_hours:,.0f} core hours "
        f"at {measured.frames_per_s_per_core:.0f} frames/s a core: {found.hours:,.1f} hours on {archive.machines} "
        f"machines of {archive.cores_per_machine} cores{limit}; the archive must give {found.read_mb_per_s:,.0f} MB/s "
        f"and the tables take {found.written_gb:,.0f} GB."
    )


def main() -> int:
    """Print the sentence for some numbers of machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path, help="written by benchmarks.audit_throughput --json")
    parser.add_argument("--cines", type=int, default=10_000_000)
    parser.add_argument("--frames", type=float, default=100.0, help="frames of a cine")
    parser.add_argument("--machines", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--cores", type=int, default=16, help="cores of a machine")
    given = parser.parse_args()
    measured = Measured.of(json.loads(given.figures.read_text(encoding="utf-8")))
    for machines in given.machines:
        print(sentence(measured, Archive(given.cines, given.frames, machines, given.cores)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
