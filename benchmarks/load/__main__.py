"""``python -m benchmarks.load overload|uploads|leak``: run one load and print what it showed, as JSON.

Locust is installed into an environment of its own for the run, unless ``--locust`` names an interpreter that has it.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.load.scenarios import leak, locust_environment, overload, report, uploads


def main() -> None:
    """Run the load that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("load", choices=["overload", "uploads", "leak"])
    parser.add_argument("--seconds", type=float, default=60.0, help="of overload and of uploads, both halves")
    parser.add_argument("--sessions", type=int, default=16, help="live sessions of overload")
    parser.add_argument("--megabytes", type=float, default=500.0, help="of each uploaded cine")
    parser.add_argument("--minutes", type=float, default=60.0, help="of the run for leaks")
    parser.add_argument("--locust", type=Path, help="interpreter that has locust and websocket-client")
    parser.add_argument("--out", type=Path, help="file for the figures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonoplace-load-") as folder:
        python = locust_environment(Path(folder), given.locust)
        if given.load == "overload":
            row = overload(python, given.seconds, given.sessions)
        elif given.load == "uploads":
            row = uploads(python, given.seconds, given.megabytes)
        else:
            row = leak(python, given.minutes)
    told = json.dumps(report(row), indent=1)
    print(told)
    if given.out is not None:
        given.out.write_text(told + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
