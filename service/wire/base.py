"""What every message shares."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PointXY = Annotated[list[float], Field(min_length=2, max_length=2)]
TissueName = Literal[
    "background",
    "subcutaneous",
    "quadriceps",
    "suprapatellar_fat",
    "recess",
    "prefemoral_fat",
    "bone",
    "needle",
    "shadow",
]


class Wire(BaseModel):
    """Base of all that goes over the wire: nothing unknown, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Health(Wire):
    """State of the process."""

    status: str


class Problem(BaseModel):
    """Reason a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:sonoplace:problem:<code>, stable")
    title: str
    status: int
    detail: str
    instance: str
    code: str
