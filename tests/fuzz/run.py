"""Fuzz one target: ``python -m tests.fuzz.run dicom|picture|live --seconds N [--corpus FOLDER]``; needs atheris.

Without a corpus folder it begins with the seeds alone and keeps nothing; with one it goes on where it was and keeps
what reached new code. A finding is written to the working folder as ``crash-…`` and ends the run.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

_FOLLOWED = {
    "dicom": ["imaging.dicom", "imaging.geometry", "pydicom.filereader", "pydicom.dataset", "pydicom.values"],
    "picture": ["imaging.raster"],
    "live": ["service.live"],
}
"""Packages whose branches guide the search; what is written in C is not seen."""
_followed = next((packages for name, packages in _FOLLOWED.items() if name in sys.argv), [])
with atheris.instrument_imports(include=_followed, enable_loader_override=False):
    from tests.fuzz.targets import TARGETS, prepare


def main() -> None:
    """Run libFuzzer on what was asked for."""
    parser = argparse.ArgumentParser(prog="tests.fuzz.run")
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path)
    asked = parser.parse_args()
    prepare()
    call, seeds = TARGETS[asked.target]
    with tempfile.TemporaryDirectory(prefix="sonoplace-fuzz-") as kept:
        corpus = asked.corpus or Path(kept)
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (corpus / f"seed-{number:03d}").write_bytes(seed)
        options = [f"-max_total_time={asked.seconds}", f"-seed={asked.seed}", "-rss_limit_mb=2048", "-timeout=20"]
        atheris.Setup([sys.argv[0], *options, "-max_len=16384", "-print_final_stats=1", str(corpus)], call)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
