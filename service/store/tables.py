"""Tables of the store.

A change here needs a migration in ``service/store/migrations/versions``; a test compares the two.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Float, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """Base of all tables."""


class UtcDateTime(TypeDecorator[datetime]):
    """Instant in UTC; SQLite forgets time zones, so they are put back when it is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Instant as it is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Instant with its time zone."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def now() -> datetime:
    """Present instant, in UTC."""
    return datetime.now(UTC)


class ProcedureRow(Base):
    """One procedure: what was handed in, how it was to be read, and what was said about it."""

    __tablename__ = "procedure"
    __table_args__ = (
        Index("ix_procedure_created_at", "created_at"),
        Index("ix_procedure_verdict", "verdict"),
        Index("ix_procedure_site", "site"),
        Index("ix_procedure_operator", "operator"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Hash of content, reading, model and rules: the same question has the same id."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16))
    failure: Mapped[str | None] = mapped_column(String(64))
    sop_uid_hmac: Mapped[str | None] = mapped_column(String(64))
    blob_sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(64))
    reading: Mapped[dict[str, Any]] = mapped_column(JSON)
    frame_count: Mapped[int] = mapped_column(Integer)
    frames_done: Mapped[int] = mapped_column(Integer, default=0)
    frame_time_ms: Mapped[float | None] = mapped_column(Float)
    laterality: Mapped[str | None] = mapped_column(String(8))
    """Side that the file or the live session says: left, right, both or unpaired."""
    verdict: Mapped[str | None] = mapped_column(String(32))
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    frame_verdicts: Mapped[list[str] | None] = mapped_column(JSON)
    identity: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Model, rules and code version that answer."""
    run: Mapped[str | None] = mapped_column(String(32))
    """Token of the analysis under way: one that was begun earlier may write no more."""
    reason: Mapped[str | None] = mapped_column(String(32))
    """Of the summary, to search by; so are all that follow, from what people added (`service.store.noted`)."""
    site: Mapped[str | None] = mapped_column(String(32))
    operator: Mapped[str | None] = mapped_column(String(32))
    injectate: Mapped[str | None] = mapped_column(String(32))
    performed_on: Mapped[str | None] = mapped_column(String(10))
    performed_first: Mapped[date | None] = mapped_column(Date)
    performed_last: Mapped[date | None] = mapped_column(Date)
    reviews: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    manufacturer: Mapped[str | None] = mapped_column(String(32))
    """What took the pictures, with the two that follow (`service.store.equipment`)."""
    scanner: Mapped[str | None] = mapped_column(String(64))
    transducer: Mapped[str | None] = mapped_column(String(16))


class FrameRow(Base):
    """Answer to one frame of a procedure, without times, so that it can be computed again byte for byte."""

    __tablename__ = "frame"

    procedure_id: Mapped[str] = mapped_column(ForeignKey("procedure.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(Integer, primary_key=True)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON, deflated."""
    answer_sha256: Mapped[str] = mapped_column(String(64))
    overlay: Mapped[bytes] = mapped_column(LargeBinary)
    """SVG, deflated."""


class AssessmentRow(Base):
    """What the answer to a procedure rests on; its hash is in the link of the answer."""

    __tablename__ = "assessment"

    procedure_id: Mapped[str] = mapped_column(ForeignKey("procedure.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON, deflated."""


class ChainRow(Base):
    """One link of the chain; see `service.store.chain`. Rows are added, never changed."""

    __tablename__ = "chain"
    __table_args__ = (Index("ix_chain_procedure", "procedure_id", "kind"),)

    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    procedure_id: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    record_sha256: Mapped[str] = mapped_column(String(64))
    stored_sha256: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(32))
    asked_by: Mapped[str] = mapped_column(String(80))
    previous_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    link_sha256: Mapped[str] = mapped_column(String(64), unique=True)


class AccessKeyRow(Base):
    """One key of access; see `service.access.keys`. The key itself is kept by whoever was given it."""

    __tablename__ = "access_key"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(32))
    """Code of what or who it was made for."""
    roles: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SessionEndRow(Base):
    """A session of the page that was signed out of; forgotten once it would have expired."""

    __tablename__ = "access_session_end"

    session: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdentifierKeyRow(Base):
    """What the key of the hashed identifiers is known again by; see `service.store.site_key`. One row."""

    __tablename__ = "identifier_key"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
