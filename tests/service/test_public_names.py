"""The public names of the service, written down once more on purpose."""

import subprocess
import sys

import pytest

import service


def test_public_names() -> None:
    assert service.__all__ == ["Settings", "create_app"]
    assert all(callable(getattr(service, name)) for name in service.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = service.nothing


def test_help_does_not_wait_for_heavy_parts() -> None:
    heavy = ["fastapi", "sqlalchemy", "alembic", "numpy", "cv2", "pydicom", "onnxruntime", "pydantic"]
    code = f"import service.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert result.stdout.strip() == "[]"
