import re
from pathlib import Path

from pydicom.sr.coding import Code

import imaging.results
from imaging.results import codes

_TABLE = Path(codes.__file__).with_name("CODES.md").read_text(encoding="utf-8")


def every_code() -> list[Code]:
    values = [value for value in vars(codes).values() if isinstance(value, Code)]
    tables = [value for value in vars(codes).values() if isinstance(value, dict)]
    return values + [code for table in tables for code in table.values() if isinstance(code, Code)]


def test_fit_their_fields() -> None:
    for code in every_code():
        assert len(code.value) <= 16
        assert len(code.meaning) <= 64


def test_one_private_code_has_one_meaning() -> None:
    private = {(code.value, code.meaning) for code in every_code() if code.scheme_designator == codes.SCHEME}
    assert len({value for value, _ in private}) == len(private)


def test_all_are_documented_and_nothing_else_is() -> None:
    private = {(code.value, code.meaning) for code in every_code() if code.scheme_designator == codes.SCHEME}
    standard = {
        (code.value, code.scheme_designator, code.meaning)
        for code in every_code()
        if code.scheme_designator in ("SCT", "DCM")
    }
    assert set(re.findall(r"^\| (\w+) \| ([^|]+) \|$", _TABLE, re.M)) - {("code", "meaning")} == private
    assert set(re.findall(r"^\| (\d+) \| (\w+) \| ([^|]+) \| [^|]+ \|$", _TABLE, re.M)) == standard


def test_public_names_are_sorted_and_load() -> None:
    assert imaging.results.__all__ == sorted(imaging.results.__all__)
    for name in imaging.results.__all__:
        assert callable(getattr(imaging.results, name))
