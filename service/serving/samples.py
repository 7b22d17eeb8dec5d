"""Sample procedures for the demonstration."""

from importlib import resources
from pathlib import Path

from imaging.errors import ImagingError
from service.engine import Engine
from service.errors import ServiceError
from service.media import Media
from service.procedures.admission import Upload, admit
from service.reading import Reading
from service.settings import Settings
from service.store.store import open_store


def fill(settings: Settings, engine: Engine, samples: list[Path]) -> tuple[list[str], list[str]]:
    """Put sample files into an empty store; gives their ids, and what was refused and why."""
    store = open_store(settings)
    accepted, refused = [], []
    for path in samples:
        try:
            row, _ = admit(Upload(path, Media.DICOM, Reading(), settings.max_frames), store, engine)
        except (ImagingError, ServiceError) as error:
            refused.append(f"{path.name}: {type(error).__name__}: {error}")
        else:
            accepted.append(row.id)
    store.close()
    return accepted, refused


def sample_files() -> list[Path]:
    """The sample procedures that come with the project."""
    folder = Path(str(resources.files("sample_dicoms")))
    return sorted(folder.glob("*.dcm"))
