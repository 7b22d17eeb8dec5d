"""What a site may set, read once from the environment (``SONOPLACE_*``) when the service starts."""

import ipaddress
import os
import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from imaging.model_folder import choose_model

MEGABYTE = 1_000_000
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_MODEL = Path(__file__).resolve().parent.parent / "models" / "suprapatellar"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Frozen settings of one service process."""

    model_config = SettingsConfigDict(env_prefix="SONOPLACE_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on. Loopback, where access may be off; on any other it is required."""
    port: int = Field(default=8000, ge=0, le=65535)
    """TCP port; 0 lets the system choose."""
    access: Literal["auto", "required"] = "auto"
    """``auto`` is off while `host` is loopback, else required. Say ``required`` behind a proxy on the same machine."""
    access_rate_per_s: float = Field(default=200.0, gt=0)
    """Requests a second that one key may make in the long run, for each process of the service."""
    access_burst: int = Field(default=400, ge=1)
    """Requests that one key may make at once."""
    access_at_a_time: int = Field(default=32, ge=1)
    """Requests of one key that may be under way, for each process."""
    access_live_sessions: int = Field(default=4, ge=1)
    """Live connections of one key at a time, for each process."""
    access_session_h: float = Field(default=8.0, gt=0, le=24)
    """Hours for which the page stays signed in."""
    allowed_origins: tuple[str, ...] = ()
    """Origins (``https://HOST``) whose pages may ask besides this service's own, as a JSON list."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses, with commas between, of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    oidc_issuer: str | None = None
    """Identity provider whose tokens are taken (the claim ``iss``); needs `oidc_audience` and `oidc_jwks` too."""
    oidc_audience: str | None = None
    """Audience that a token must be for (the claim ``aud``)."""
    oidc_jwks: str | None = None
    """Public keys of the identity provider: an ``https`` address or a file."""
    oidc_roles_claim: str = "roles"
    """Claim that lists roles; dots lead into claims within claims (``realm_access.roles``)."""
    oidc_roles: dict[str, Literal["workstation", "reviewer", "auditor", "admin"]] = {}
    """Roles by the provider's names for them, as a JSON object; the roles' own names if empty."""
    oidc_leeway_s: float = Field(default=30.0, ge=0, le=120)
    """By how much the provider's clock may differ from ours."""
    data_dir: Path = Path("sonoplace-data")
    """Folder of the store: database, blobs and the key of the hashed identifiers. Back it up whole."""
    database_url: str | None = Field(default=None, repr=False)
    """``postgresql://USER:PASSWORD@HOST/NAME`` (extra ``postgres``); a SQLite file in `data_dir` if not set."""
    blobs_url: str | None = None
    """``s3://BUCKET/PREFIX`` (extra ``s3``; credentials and endpoint from ``AWS_*``); else a folder in `data_dir`."""
    model: str | None = None
    """Version of the network, or its folder's name, in `model_dir` or beside it; the one in `model_dir` if not set."""
    model_dir: Path = Field(default=_MODEL, validate_default=True)
    """Folder with ``model.onnx`` and ``manifest.json``, or a folder of such folders: then `model` says which."""
    models_dir: Path | None = None
    """Folder of other networks that a stored procedure may be compared by; the one `model_dir` lies in if not set."""
    workers: int = Field(default_factory=_cores, ge=1, le=256)
    """Threads that decode and analyse. One per core: each inference runs on one core without spinning."""
    second_thread: bool = False
    """Run an inference on two cores while nothing else on the machine wants one (Linux); answers are the same."""
    queue_bound: int = Field(default=16, ge=0)
    """Frames that may wait for a worker; one more is told to come back. 16 frames of 6 ms are 0.1 s of wait."""
    max_frame_mb: float = Field(default=32.0, gt=0)
    """Largest body of one frame, in megabytes: a raw 4,096 x 4,096 picture has 17."""
    max_upload_mb: float = Field(default=512.0, gt=0)
    """Largest body of one procedure, in megabytes."""
    head_s: float = Field(default=10.0, gt=0)
    """A connection over which no whole head of a request comes for so long is closed."""
    body_silence_s: float = Field(default=20.0, gt=0)
    """A body of which nothing comes for so long is given up."""
    body_least_kb_s: float = Field(default=10.0, gt=0)
    """Slowest body that is waited for, in kilobytes a second, over and above `body_silence_s`."""
    peer_gone_s: float = Field(default=30.0, ge=1)
    """A peer that acknowledges nothing, or takes nothing of its answer, for so long is gone (Linux)."""
    max_frames: int = Field(default=5_000, ge=1)
    """Most frames of one cine: 5,000 are 80 s at 60 frames a second."""
    max_wait_frames: int = Field(default=300, ge=0)
    """A longer cine is answered with 202 at once: 300 frames take 2 s or more."""
    record_dates: Literal["day", "month", "year"] = "day"
    """Finest precision of dates in records and follow-ups; a finer one is refused."""
    max_procedures_queued: int = Field(default=32, ge=1)
    """Procedures that may wait for their analysis; one more is told to come back."""
    live_sessions: int = Field(default=16, ge=1)
    """Live sessions at a time, resting ones counted; one more is told to come back."""
    live_idle_s: float = Field(default=30.0, gt=0)
    """A live connection over which nothing comes for so long is closed."""
    live_life_s: float = Field(default=4 * 3600.0, gt=0)
    """Longest life of one live connection; the session may go on over another."""
    live_resume_s: float = Field(default=60.0, ge=0)
    """A live session whose connection broke waits so long for the next one, then ends."""
    live_record_mb: float = Field(default=512.0, gt=0)
    """Most that is kept of one live session; at the limit every second picture is let go."""
    pacs_url: str | None = None
    """Root of the DICOMweb services of the archive that results are pushed to (extra ``pacs``); None pushes nothing."""
    pacs_authorization: SecretStr | None = None
    """``Authorization`` header for that archive, such as ``Bearer ...``."""
    pacs_results: tuple[Literal["seg", "sr", "sc", "ps"], ...] = ("seg", "sr", "sc")
    """Objects that are pushed, as a JSON list."""
    pacs_timeout_s: float = Field(default=60.0, gt=0)
    """Longest silence within an answer of the archive."""
    pacs_attempts: int = Field(default=40, ge=1)
    """Tries before results are given up: 40 of them last for more than a day."""
    pacs_retry_s: float = Field(default=5.0, gt=0)
    """Wait after the first failed try; it doubles from try to try."""
    pacs_retry_most_s: float = Field(default=3600.0, gt=0)
    """Longest wait between two tries."""
    processes: int = Field(default=1, ge=1, le=64)
    """Processes that serve the one address, `workers` threads in each; a live session goes on only in its own."""
    stop_notice_s: float = Field(default=0.5, ge=0)
    """Time from the wish to stop to its beginning: `/readyz` is false, all else goes on. A balancer hears of it."""
    stop_drain_s: float = Field(default=10.0, gt=0)
    """Time after that for live sessions to end, and as much for requests; 5 s later the process ends in any case."""
    otel_endpoint: str | None = None
    """Address that OpenTelemetry traces go to (extra ``otel``), such as ``http://collector:4318/v1/traces``."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """Least severity that is logged."""

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        """Half an identity provider is none."""
        named = (self.oidc_issuer, self.oidc_audience, self.oidc_jwks)
        if any(named) and not all(named):
            msg = "oidc_issuer, oidc_audience and oidc_jwks belong together: expected all of them or none"
            raise ValueError(msg)
        return self

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Each as a browser sends it (RFC 6454): one that it never sends would let nobody in without a word."""
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                msg = f"{origin!r} is no origin: expected https://HOST or https://HOST:PORT, without a path"
                raise ValueError(msg)
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, proxies: str) -> str:
        """Each an address or a network, or one star for all."""
        for proxy in filter(None, (proxy.strip() for proxy in proxies.split(","))):
            if proxy != "*":
                ipaddress.ip_network(proxy)  # says itself what is wrong
        return proxies

    @field_validator("model_dir")
    @classmethod
    def _chosen(cls, folder: Path, given: ValidationInfo) -> Path:
        """Folder of the version that `model` names."""
        wanted = given.data.get("model")
        return folder if wanted is None else choose_model(folder, wanted)


def refusals(error: ValueError) -> list[str]:
    """A line for each setting that `Settings` refuses, by its variable; none for any other error.

    What was received is left out where it may hold a password.
    """
    if isinstance(error, SettingsError):
        name = re.search(r'field "(\w+)"', str(error))
        where = f"SONOPLACE_{name[1].upper()}: expected JSON" if name else str(error)
        return [f"{where}: {error.__cause__}"]
    if not isinstance(error, ValidationError) or error.title != Settings.__name__:
        return []
    return [
        _refusal(str(fault["loc"][0]) if fault["loc"] else "", fault["msg"], fault["input"]) for fault in error.errors()
    ]


def _refusal(name: str, why: str, received: object) -> str:
    if name not in Settings.model_fields:
        return f"SONOPLACE_{name.upper()}: {why}" if name else why
    field = Settings.model_fields[name]
    shown = field.repr and field.annotation != SecretStr | None
    return f"SONOPLACE_{name.upper()}: {why}" + (f", received {received!r}" if shown else "")
