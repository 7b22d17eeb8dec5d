"""The JSON of a change of model."""

from pydantic import Field

from service.wire.base import Wire
from service.wire.frame import Identity


class ModelWanted(Wire):
    """Which network is to answer from now on."""

    model: str = Field(
        description="version, or name of a folder that lies in or beside the one in use", max_length=100, min_length=1
    )


class ModelSwapped(Wire):
    """What answers now, and what did before; several processes follow within a second (``sonoplace_model``)."""

    identity: Identity
    before: Identity
    elapsed_ms: float
