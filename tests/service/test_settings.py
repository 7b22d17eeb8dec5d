"""Settings from the environment, frozen."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings


def test_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOPLACE_PORT", "9000")
    monkeypatch.setenv("SONOPLACE_DATA_DIR", "/srv/sonoplace")
    settings = Settings()
    assert (settings.port, settings.data_dir, settings.host) == (9000, Path("/srv/sonoplace"), "127.0.0.1")
    assert settings.workers >= 1


@pytest.mark.parametrize("given", [{"port": 70000}, {"workers": 0}, {"log_level": "loud"}, {"colour": "red"}])
def test_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1
