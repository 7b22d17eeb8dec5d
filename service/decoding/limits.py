"""What one piece of untrusted bytes may cost."""

import os
from dataclasses import dataclass, field


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """Bounds of the processes that decode."""

    processes: int = field(default_factory=lambda: max(2, _cores()))
    """Most of them at a time. They are started when they are needed, each takes 90 MB, most of it shared."""
    memory_bytes: int = 536_870_912
    """512 MiB beyond what a process has once it is started: the largest picture that is taken, in colour and
    JPEG 2000, needs 330 MB (Linux)."""
    task_s: float = 4.0
    """Longest work on one picture or one header; 16 million pixels of JPEG 2000 take 1 s (POSIX)."""
    start_s: float = 60.0
    """Longest wait for a process that is starting; half a second on a quiet machine."""
    tasks: int = 20_000
    """Tasks after which a process is replaced, so that what a decoder leaks is given back."""
