"""What decoding in a process of its own costs: the same pictures decoded here and there, in turns."""

import argparse
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imaging.raster import decode_grey, encode_jpeg, encode_png
from service.decoding import ask

Times = npt.NDArray[np.float64]
_SIZES = ((480, 640), (768, 1024))


def main() -> None:
    """Print the milliseconds of both ways, of pictures as a scanner or a frame grabber gives them."""
    parser = argparse.ArgumentParser(prog="benchmarks.isolation", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    rounds = parser.parse_args().rounds
    ask.warm_up()
    print("| picture | here, p50 (p95) ms | there, p50 (p95) ms | median of the differences, ms |")
    print("|---|---|---|---|")
    for rows, columns in _SIZES:
        pixels = _speckled(rows, columns)
        for kind, data in (("JPEG", encode_jpeg(pixels)), ("PNG", encode_png(pixels))):
            here, there = _in_turns(data, rounds)
            told = (f"{np.percentile(way, 50):.2f} ({np.percentile(way, 95):.2f})" for way in (here, there))
            difference = np.median(there - here)
            print(f"| {columns} x {rows} {kind}, {len(data) / 1e3:.0f} kB | {' | '.join(told)} | {difference:.2f} |")


def _speckled(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Speckle of some pixels' size, which packs as badly as tissue does."""
    coarse = np.random.default_rng(0).integers(0, 255, (rows // 3, columns // 3)).astype(np.uint8)
    return np.ascontiguousarray(np.kron(coarse, np.ones((3, 3), np.uint8))[:rows, :columns])


def _in_turns(data: bytes, rounds: int) -> tuple[Times, Times]:
    took = np.array([[_ms(decode_grey, data), _ms(ask.decode_grey, data)] for _ in range(rounds)])
    return took[:, 0], took[:, 1]


def _ms(call: Callable[[bytes], object], data: bytes) -> float:
    began = time.perf_counter()
    call(data)
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
