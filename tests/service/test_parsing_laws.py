"""Whatever text comes, what reads it gives a value or a refusal of ours, and nothing of it gets through changed."""

import math
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.errors import ImagingError
from service.access.jwks import _keys
from service.access.keys import parse_key
from service.access.sessions import PageSession, parse_session
from service.access.tokens import _head
from service.errors import NotAcceptable, ServiceError
from service.http.negotiation import preferred
from service.live.recording import each_record
from service.media import FRAME_MEDIA, media_of
from service.reading import Reading, parse_box, parse_spacing
from service.report.archive.periods import Span
from service.wire.dates import days_of, require_date

OURS = (ServiceError, ImagingError)
QUICK = settings(max_examples=150, deadline=None)
NUMBERS = st.lists(st.floats().map(str) | st.integers().map(str) | st.text(max_size=4), max_size=5).map(",".join)
DATES = st.from_regex(r"\A\d{4}(-(Q\d|\d{2}(-\d{2})?))?\Z") | st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kty", "kid", "n", "e", "use", "crv", "x"]), inner)
    ),
    max_leaves=12,
)


@QUICK
@given(NUMBERS)
def test_spacing_and_rectangles(text: str) -> None:
    try:
        spacing = parse_spacing(text)
    except OURS:
        pass
    else:
        assert math.isfinite(spacing.row_mm)
        assert min(spacing.row_mm, spacing.column_mm) > 0
        assert Reading.from_dict(Reading(spacing).to_dict()).spacing == spacing
    try:
        x0, y0, x1, y1 = parse_box(text).xyxy()
    except OURS:
        return
    assert (x0 < x1, y0 < y1) == (True, True)


@QUICK
@given(DATES)
def test_dates(text: str) -> None:
    try:
        first, last = days_of(text)
    except ValueError:
        return
    assert date(1, 1, 1) <= first <= last
    try:
        assert days_of(require_date(text)) == (first, last)
    except ValueError:
        assert "Q" in text or not 1990 <= first.year <= 2100


@QUICK
@given(st.none() | DATES, st.none() | DATES)
def test_periods(first: str | None, last: str | None) -> None:
    try:
        begin, end = Span(first, last).days
    except OURS:
        return
    assert begin <= end


@QUICK
@given(st.text(max_size=60), st.binary(max_size=140))
def test_media_types(said: str, head: bytes) -> None:
    with suppress(*OURS):
        assert media_of(said, head, FRAME_MEDIA) in FRAME_MEDIA
    offered = ("application/json", "image/png")
    with suppress(NotAcceptable):
        assert preferred(said, offered) in offered


@QUICK
@given(st.text(max_size=80), st.binary(min_size=54, max_size=54).map(bytes.hex), st.integers(10**9, 10**12 - 1))
def test_keys_and_sessions(text: str, digits: str, until: int) -> None:
    assert parse_key(text) is None
    assert parse_session(text) is None
    session = PageSession(digits[:12], digits[12:44], until, digits[44:])
    assert parse_session(str(session)) == session


@QUICK
@given(st.text(max_size=200) | st.lists(st.text("abcXYZ019-_=", max_size=40), min_size=3, max_size=3).map(".".join))
def test_heads_of_tokens(text: str) -> None:
    try:
        algorithm, kid = _head(text)
    except OURS:
        return
    assert algorithm.startswith(("RS", "PS", "ES", "Ed"))
    assert isinstance(kid, str)


@QUICK
@given(JSON)
def test_sets_of_keys(entry: object) -> None:
    with suppress(ValueError, LookupError, TypeError, AttributeError):  # what `Jwks` takes for a set that is none
        assert _keys({"keys": [entry]}) == {}


@QUICK
@given(st.lists(st.binary(max_size=40), max_size=5).map(b"".join))
def test_recordings(content: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        records = list(each_record(Path(file.name)))
    assert all(0 <= one.start < one.body_start <= one.end <= len(content) for one in records)
