"""What a log line has: the request's id in every thread, and nothing that a library quotes."""

import asyncio
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from service.logs import configure_logging, request_id_from, request_lines
from service.work import Work


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Standard error; what the test sets for logging is taken back when it ends."""
    handlers, shown = list(logging.getLogger().handlers), warnings.showwarning
    yield capsys
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:] = handlers
    warnings.showwarning = shown


def lines(written: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.readouterr().err.splitlines()]


def test_worker_threads_know_whose_work_they_do(written: pytest.CaptureFixture[str]) -> None:
    async def asked(work: Work, request_id: str) -> None:
        with request_lines(request_id):
            await work.run(lambda: structlog.get_logger().info("in a thread", whose=request_id))
            await work.run_patiently(lambda: structlog.get_logger().info("in its turn", whose=request_id))

    async def both() -> None:
        work = Work(workers=2, queue_bound=4)
        await asyncio.gather(asked(work, "request-one"), asked(work, "request-two"))
        work.close()
        structlog.get_logger().info("after")

    configure_logging("info")
    asyncio.run(both())
    *told, last = lines(written)
    assert len(told) == 4
    assert all(line["request_id"] == line["whose"] for line in told)
    assert "request_id" not in last


def test_what_a_library_says_of_a_file_is_left_out(written: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    logging.getLogger("pydicom").warning("Invalid value for VR PN: %r", "DOE^JANE")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    try:
        int("DOE^JANE")
    except ValueError:
        logging.getLogger("obstore").exception("cannot read DOE^JANE")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("a name: DOE^JANE", UserWarning, stacklevel=1)
    library, server, failed, warned = lines(written)
    assert "DOE" not in json.dumps([library, server, failed, warned])
    assert (library["event"], library["logger"], library["level"]) == ("library", "pydicom", "warning")
    assert server["said"] == "Invalid HTTP request received."
    assert (failed["error"], failed["level"]) == ("ValueError", "error")
    assert warned["logger"] == "py.warnings"


@pytest.mark.parametrize(("sent", "kept"), [("night.shift-1", True), ("short", False), ("a\nb" * 5, False)])
def test_ids_of_requests(sent: str, *, kept: bool) -> None:
    assert (request_id_from(sent) == sent) is kept
