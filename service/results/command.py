"""``sonoplace results``: DICOM results of DICOM files, in their own studies."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.results.kinds import EVERY_KIND, ResultKind

if TYPE_CHECKING:
    from service.engine import Engine
    from service.reading import Reading
    from service.results.files import DicomTask


def results(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders of them.", exists=True)],
    out: Annotated[Path, typer.Option(help="Folder for the results: NAME.seg.dcm, NAME.sr.dcm and so on.")],
    kinds: Annotated[
        list[ResultKind] | None, typer.Option("--kind", help="Only these kinds; may be given more than once.")
    ] = None,
    label_map: Annotated[bool, typer.Option("--labelmap", help="SEG as one label map instead of bit planes.")] = False,
    spacing: Annotated[
        str | None, typer.Option(help="Millimetres per pixel where a file says none: MM or ROW,COL.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="When the content was made; the image's own time if not given.")
    ] = None,
) -> None:
    """Write segmentation, report, secondary capture and presentation state of DICOM files; print their names.

    They carry the patient and the study of the file, and are the same to the byte each time.
    """
    from imaging.results.seg import SegmentationType, SegOptions
    from service.results.build import ResultOptions
    from service.results.files import DicomTask

    seg = SegOptions(kind=SegmentationType.LABELMAP if label_map else SegmentationType.BINARY)
    task = DicomTask(tuple(kinds or EVERY_KIND), _reading(spacing), ResultOptions(seg, at))
    if not _write(paths, out, task, _engine()):
        raise typer.Exit(1)


def _reading(spacing: str | None) -> "Reading":
    from service.reading import Reading, parse_spacing

    return Reading(parse_spacing(spacing) if spacing else None, spacing_yields=True)


def _engine() -> "Engine":
    from imaging.onnx_model import load_model
    from imaging.rules import ScoringRules
    from service.engine import Engine
    from service.settings import Settings

    return Engine(load_model(Settings().model_dir), ScoringRules())


def _write(paths: list[Path], out: Path, task: "DicomTask", engine: "Engine") -> bool:
    """Write and report; whether there was something to write and all of it was."""
    from service.results.files import dicom_files, write_results

    every = [write_results(path, out, task, engine) for path in dicom_files(paths)]
    for one in every:
        for path in one.written:
            typer.echo(path)
        for what, why in one.refused.items():
            typer.echo(f"{one.path}: no {what}: {why}", err=True)
    return bool(every) and not any(one.refused for one in every)
