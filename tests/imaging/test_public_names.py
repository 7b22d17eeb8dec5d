import subprocess
import sys

import pytest

import imaging


def test_all_is_sorted_and_loads() -> None:
    assert imaging.__all__ == sorted(imaging.__all__)
    assert set(imaging.__all__) == set(imaging._HOME)
    for name in imaging.__all__:
        assert callable(getattr(imaging, name))


def test_a_stray_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'score'"):
        imaging.score  # noqa: B018 - the access is the test


HEAVY = ["PIL", "cv2", "fastapi", "onnxruntime", "pydantic", "pydicom", "sqlalchemy", "torch"]


def loaded_by(names: str) -> list[str]:
    code = f"import sys, imaging; {names}; print(*[m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return out.stdout.split()


@pytest.mark.parametrize(
    "names", ["imaging.Frame, imaging.PixelSpacing", "imaging.ScoringRules, imaging.analyse", "imaging.draw"]
)
def test_values_and_judgement_need_no_heavy_library(names: str) -> None:
    assert loaded_by(names) == []
