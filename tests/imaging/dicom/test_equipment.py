"""What is taken of a file about its scanner and transducer, and what is left."""

import pytest
from pydicom.dataset import Dataset

from imaging.dicom.equipment import maker, model_name, transducer


def elements(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("GE Healthcare", "GE"),
        ("GE Medical Systems", "GE"),
        ("GEMS Ultrasound", "GE"),
        ("Philips Medical Systems", "Philips"),
        ("ATL", "Philips"),
        ("SIEMENS", "Siemens"),
        ("TOSHIBA_MEC_US", "Canon"),
        ("SonoSite, Inc.", "Fujifilm Sonosite"),
        ("Hitachi Aloka Medical,Ltd.", "Hitachi Aloka"),
        ("B-K Medical", "BK Medical"),
        ("Gerald Ebbing", ""),
        ("Quillfeather^Ambrose", ""),
        ("", ""),
    ],
)
def test_only_makers_of_the_list_are_taken(said: str, expected: str) -> None:
    assert maker(elements(Manufacturer=said)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("L12-3", "L12-3"),
        (" 12L-RS ", "12L-RS"),
        (["", "ML6-15"], "ML6-15"),
        ("PVT-712BT", "PVT-712BT"),
        ("12L-RS 4711823", ""),
        ("SN4711823", ""),
        ("Wilhelmina", ""),
        ("linear of room 4", ""),
    ],
)
def test_a_transducers_code_is_neither_a_name_nor_a_serial_number(said: object, expected: str) -> None:
    assert transducer(elements(TransducerData=said)) == expected


def test_without_a_code_the_kind_of_transducer_is_taken() -> None:
    kinds = {"LINEAR": "linear", "CURVED LINEAR": "convex", "SECTOR_PHASED": "phased", "ENDOCAV_PA": ""}
    for said, expected in kinds.items():
        assert transducer(elements(TransducerType=said, TransducerData="no code")) == expected
    assert transducer(elements(TransducerType="LINEAR", TransducerData="L12-3")) == "L12-3"


def test_where_nothing_says_nothing_is_said() -> None:
    nothing = elements()
    assert (maker(nothing), model_name(nothing), transducer(nothing)) == ("", "", "")


@pytest.mark.parametrize(
    "said", ["LOGIQ e", "iU22", "Butterfly iQ+", "MyLab™Twice", "HI VISION Preirus", "S2000 (HELX)"]
)
def test_models_are_taken_as_they_are(said: str) -> None:
    assert model_name(elements(ManufacturerModelName=said)) == said


@pytest.mark.parametrize("said", ["LOGIQ\x1be", "<script>alert(1)</script>", "=1+1", "@SUM(A1)", "{{7*7}}", "x;y"])
def test_what_might_be_more_than_a_name_is_no_model(said: str) -> None:
    assert model_name(elements(ManufacturerModelName=said)) == ""
