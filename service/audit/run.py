"""An audit from beginning to end: the question, its folder, its workers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from imaging.errors import MissingExtra
from imaging.onnx_model import load_model
from imaging.procedure import AssessmentRules
from imaging.rules import ScoringRules
from service.audit.archive import Archive
from service.audit.cluster import workers
from service.audit.driver import Driver, Progress
from service.audit.folder import FolderArchive
from service.audit.judge import Question, engine_identity
from service.audit.ledger import Ledger
from service.audit.parts import prepare
from service.audit.schema import SCHEMA_VERSION
from service.audit.worker import AuditJob
from service.engine import Engine
from service.errors import BadQuery
from service.settings import Settings

_WEB = ("http", "https", "dicomweb", "dicomwebs")


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """What to audit, into which folder, and with whom.

    Parameters
    ----------
    shard_files
        Files that one worker takes at a time; so many are done again where one is killed.
    workers
        Worker processes on this machine, where there is no scheduler.
    scheduler
        Address of a Dask scheduler whose workers see ``out``, and the archive, at the same place.
    """

    archive: Archive
    out: Path
    question: Question
    shard_files: int = 16
    workers: int = 1
    scheduler: str | None = None
    model_dir: Path | None = None


def run_audit(plan: AuditPlan, show: Callable[[Progress], None]) -> Progress:
    """Audit an archive, or go on with an audit that ended early.

    Raises
    ------
    AuditStopped
        If it ends before all is done; the same call goes on where it ended.
    BadModel
        If there is no model to answer.
    """
    identity = _identity(plan.model_dir)
    out = plan.out.resolve()
    ledger = Ledger(out)
    try:
        run = ledger.begin(_asked(plan, identity), datetime.now(UTC).isoformat(timespec="seconds"))
        prepare(out)
        job = AuditJob(plan.archive, plan.question, out, run, plan.model_dir, identity)
        with workers(plan.scheduler, plan.workers) as client:
            return Driver(job, ledger, client, plan.shard_files).run(show)
    finally:
        ledger.close()


def open_archive(source: str) -> Archive:
    """Archive at an address: a folder, an object store (``s3://``, ``gs://``, ``az://``, ``file://``) or DICOMweb.

    Raises
    ------
    BadQuery
        If it is none of these.
    MissingExtra
        If a library that it needs is not installed.
    """
    scheme = urlsplit(source).scheme.lower() if "://" in source else ""
    if not scheme:
        if not Path(source).is_dir():
            msg = f"{source} is not a folder: expected a folder, an object store's address or a DICOMweb server's"
            raise BadQuery(msg)
        return FolderArchive(Path(source).resolve())
    try:
        if scheme in _WEB:
            from service.audit.dicomweb import DicomWebArchive

            return DicomWebArchive(source.replace("dicomweb", "http", 1) if scheme.startswith("dicom") else source)
        from service.audit.objects import ObjectArchive

        return ObjectArchive(source)
    except ImportError as error:
        raise MissingExtra(extra="audit", purpose="an archive that is not a folder") from error


def _identity(model_dir: Path | None) -> dict[str, str]:
    engine = Engine(load_model(model_dir or Settings().model_dir), ScoringRules())
    return dict(engine_identity(engine))


def _asked(plan: AuditPlan, identity: dict[str, str]) -> dict[str, str]:
    """Everything that the rows depend on."""
    question, selection = plan.question, plan.question.selection
    return {
        "schema": SCHEMA_VERSION,
        "source": plan.archive.identity,
        "period": f"{selection.since or ''}/{selection.until or ''}",
        "description": selection.description or "",
        "reading": str(question.reading.to_dict()),
        "identifiers": question.key.hashed("audit"),
        "dates": question.dates.value,
        "procedure_rules": AssessmentRules().sha256,
        **identity,
    }
