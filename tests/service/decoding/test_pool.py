"""Decoders that die, hang and swell: one request pays, the next one is answered."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imaging.errors import DecoderEnded, DecodingTooLong, UnreadableImage
from service.decoding.ask import decode_grey
from service.decoding.limits import DecodingLimits
from service.decoding.pool import Decoders, NoDecoder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")
DYING = ("-m", "tests.service.decoding.dying_worker")


def made(**limits: float) -> Decoders:
    return Decoders(DecodingLimits(**{"processes": 1, **limits}), DYING)  # type: ignore[arg-type] # a table of limits


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    pool = made(task_s=1.5, memory_bytes=300_000_000)
    yield pool
    pool.close()


def process_of(decoders: Decoders) -> int:
    """Number of the process that answers."""
    return int.from_bytes(decode_grey(b"-", decoders).tobytes(), "little")


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (b"a", DecoderEnded),  # abort, as CharLS does
        (b"s", DecoderEnded),  # segmentation fault, as gdcm does
        (b"x", DecoderEnded),
        (b"e", DecoderEnded),  # an error that nobody thought of
        (b"h", DecodingTooLong),
        (b"m", DecoderEnded),  # 4 GiB
        (b"l", DecoderEnded),  # lies about how much is coming
    ],
)
def test_a_process_that_dies_costs_one_request(decoders: Decoders, order: bytes, error: type[Exception]) -> None:
    before = process_of(decoders)
    with pytest.raises(error):
        decode_grey(order, decoders)
    assert process_of(decoders) != before


def test_a_refusal_costs_no_process(decoders: Decoders) -> None:
    before = process_of(decoders)
    with pytest.raises(UnreadableImage, match="DICOM"):
        decoders_read(decoders, b"junk")
    assert process_of(decoders) == before


def decoders_read(decoders: Decoders, data: bytes) -> None:
    from service.decoding.ask import read_dicom

    read_dicom(data, by=decoders)


def test_what_a_library_prints_is_no_answer(decoders: Decoders) -> None:
    assert decode_grey(b"p", decoders).shape == (1, 8)


def test_one_that_was_killed_from_outside_is_asked_again_elsewhere(decoders: Decoders) -> None:
    before = process_of(decoders)

    def kill() -> None:
        with suppress(ProcessLookupError):  # on a machine so slow that it has been ended for hanging
            os.kill(before, signal.SIGKILL)

    threading.Timer(0.3, kill).start()
    with pytest.raises(DecodingTooLong):  # the second try hangs as well, and is not repeated
        decode_grey(b"h", decoders)
    assert process_of(decoders) != before


def test_one_that_died_idle_is_replaced_unseen(decoders: Decoders) -> None:
    before = process_of(decoders)
    os.kill(before, signal.SIGKILL)
    time.sleep(0.05)
    assert process_of(decoders) != before


def test_a_worn_process_serves_until_its_successor_is_ready() -> None:
    decoders = made(tasks=3)
    seen = [process_of(decoders)]
    deadline = time.monotonic() + 60
    while len(set(seen)) == 1 and time.monotonic() < deadline:
        seen.append(process_of(decoders))
    assert len(set(seen)) == 2
    assert len(seen) > 3
    decoders.close()


def test_a_hanging_request_does_not_hold_up_another() -> None:
    decoders = made(processes=2, task_s=3.0)
    both = [threading.Thread(target=decode_grey, args=(b"w", decoders)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    hanging = threading.Thread(target=pytest.raises, args=(DecodingTooLong, decode_grey, b"h", decoders))
    hanging.start()
    process_of(decoders)
    assert hanging.is_alive()
    hanging.join(30)
    decoders.close()


def test_signals_to_stop_are_the_services_own_business(decoders: Decoders) -> None:
    before = process_of(decoders)
    os.kill(before, signal.SIGTERM)
    os.kill(before, signal.SIGINT)
    assert process_of(decoders) == before


def test_where_no_process_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(NoDecoder) as refused:
        decode_grey(b"-", made())
    assert refused.value.code == "no-decoder"


def test_a_decoder_is_told_nothing_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOPLACE_DATABASE_URL", "postgresql://clerk:hush@host/db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    decoders = made()
    told = Path(f"/proc/{process_of(decoders)}/environ").read_bytes()
    assert b"hush" not in told
    decoders.close()
