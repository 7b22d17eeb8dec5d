"""What is said of an audit when it ends."""

from pathlib import Path
from typing import Any

from service.audit.driver import Progress
from service.audit.shard import FileState


def figures(out: Path, progress: Progress, quarantined: list[str]) -> dict[str, Any]:
    """Counts and rates, as plain values."""
    return {
        "files": progress.total,
        **{state.value: progress.counts[state] for state in FileState if state is not FileState.TO_DO},
        "analysed_now": progress.analysed,
        "frames_now": progress.frames,
        "seconds": round(progress.elapsed_s, 2),
        "frames_per_s": round(progress.frames / progress.elapsed_s, 2) if progress.elapsed_s else 0.0,
        "worker_seconds": round(progress.busy_s, 2),
        "quarantined_files": quarantined,
        "out": str(out),
        "report": str(report) if (report := out / "report.html").exists() else None,
    }
