"""Logging as JSON lines, one value per key. No message of ours quotes a file, a path or a query.

Every line that is written on behalf of a request or a live connection has its ``request_id``, whichever thread writes
it. What libraries log is told by place and kind alone, because their words may quote what they were handed.
"""

import logging
import os
import re
import sys
import traceback
import uuid
from contextlib import AbstractContextManager

import structlog
from structlog.typing import EventDict

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_OWN_SERVER = "uvicorn"
"""Warnings of the HTTP server are fixed sentences: they may be told."""


def configure_logging(level: str) -> None:
    """Send this process's log to standard error, that of its libraries too."""
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_process,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over_libraries(max(least, logging.WARNING))


def request_id_from(sent: str) -> str:
    """Id that a caller sent, if it is well formed, else a new one."""
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def request_lines(request_id: str) -> AbstractContextManager[object]:
    """Within it, every line of the log has this request's id."""
    return structlog.contextvars.bound_contextvars(request_id=request_id)


def _add_process(_: object, __: str, line: EventDict) -> EventDict:
    """Tell processes of one service apart."""
    line["pid"] = os.getpid()
    return line


class _LibraryLines(logging.Handler):
    """Turns what a library logs into a line of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        told: dict[str, object] = {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            told["error"] = type(error).__name__
            told["places"] = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        elif record.name.startswith(_OWN_SERVER):
            told["said"] = record.getMessage()
        structlog.get_logger().log(record.levelno, "library", **told)


def _take_over_libraries(least: int) -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _LibraryLines)]:
        root.removeHandler(handler)
    root.addHandler(_LibraryLines(least))
    logging.captureWarnings(capture=True)  # written out as they are, they may quote a file's values
