"""The work behind BentoML: ``bentoml serve benchmarks.peer_apps.bentoml_app:SameWork --port PORT``."""

from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType

from benchmarks.peer_apps.same_work import same_work, workers


@bentoml.service(workers=workers(), metrics={"enabled": False}, logging={"access": {"enabled": False}})
class SameWork:
    """One process a core; a picture comes as the body and is handed over as a file, which is how it takes one."""

    def __init__(self) -> None:
        self._answer = same_work()

    @bentoml.api(route="/predict")  # type: ignore[untyped-decorator] # in no environment that is type-checked
    def predict(
        self, picture: Annotated[Path, ContentType("image/jpeg")], /
    ) -> Annotated[bytes, ContentType("application/json")]:
        """Everything from the JPEG to the JSON."""
        return self._answer(picture.read_bytes())
