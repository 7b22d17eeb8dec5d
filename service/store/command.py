"""``sonoplace deidentify``: copies of DICOM files and pictures that may leave the site, as the store keeps them.

``sonoplace renew-identifiers``: a new key of the hashed identifiers where the site's own is lost for good.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from service.store.identifiers import IdentifierKey

Entry = dict[str, Any]


def deidentify(
    paths: Annotated[list[Path], typer.Argument(help="PNG, JPEG or DICOM files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the copies; their names say nothing about a person.")],
    key: Annotated[
        Path, typer.Option(help="Key of the mapped identifiers; made if missing. Stays with the site.")
    ] = Path("identifiers.key"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write copies without a person in them, black outside the B-mode picture; text left inside it is reported."""
    import orjson

    from service.store.identifiers import IdentifierKey

    out.mkdir(parents=True, exist_ok=True)
    identifiers = IdentifierKey(key)
    said = [_copied(path, out, identifiers) for path in _files(paths)]
    if as_json:
        sys.stdout.write(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        for entry in said:
            typer.echo(_line(entry))
    if not said or any(entry["error"] for entry in said):
        raise typer.Exit(1)


def renew_identifiers() -> None:
    """Make a new key of identifiers where the site's own is lost for good: nobody is recognised again."""
    from service.settings import Settings
    from service.store.renewal import renew_identifiers as renew

    settings = Settings()
    renew(settings)
    typer.echo(
        f"a new identifiers.key lies in {settings.data_dir}: back it up, and give it to the site's other machines"
    )


def _files(paths: list[Path]) -> Iterator[Path]:
    """Files that are named, and in folders those that are pictures."""
    from service.media import HEAD_BYTES, sniffed

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(found for found in path.rglob("*") if found.is_file()):
            with file.open("rb") as opened:
                head = opened.read(HEAD_BYTES)
            if sniffed(head) is not None:
                yield file


def _copied(path: Path, out: Path, key: "IdentifierKey") -> Entry:
    from imaging.errors import ImagingError
    from service.errors import ServiceError
    from service.settings import Settings

    temporary = out / f".{key.hashed(str(path))[:16]}.part"
    try:
        kept, places = _write(path, temporary, key, Settings().max_frames)
        target = out / kept
        temporary.replace(target)
    except (ImagingError, ServiceError, OSError) as error:
        temporary.unlink(missing_ok=True)
        return {"path": str(path), "copy": None, "text_px": [], "error": f"{type(error).__name__}: {error}"}
    return {"path": str(path), "copy": str(target), "text_px": places, "error": None}


def _write(path: Path, target: Path, key: "IdentifierKey", max_frames: int) -> tuple[str, list[list[int]]]:
    """Write a copy; gives the name it shall have, and where text was left."""
    import hashlib

    from service.media import HEAD_BYTES, PROCEDURE_MEDIA, Media, media_of
    from service.reading import Reading
    from service.source import open_source
    from service.store.deidentify import write_kept_dicom, write_kept_picture

    with path.open("rb") as file:
        media = media_of(None, file.read(HEAD_BYTES), PROCEDURE_MEDIA)
    source = open_source(path, media, Reading(), max_frames)
    if media is Media.DICOM:
        found = write_kept_dicom(path, source, target, key)
        name = f"{key.uid(source.sop_instance_uid or '')}.dcm"
    else:
        found = write_kept_picture(source, target)
        name = f"{hashlib.sha256(target.read_bytes()).hexdigest()[:32]}.png"
    return name, [list(box.xyxy()) for box in found.text_px]


def _line(entry: Entry) -> str:
    if entry["error"]:
        return f"{entry['path']}: {entry['error']}"
    count = len(entry["text_px"])
    left = f"; text left inside the picture in {count} places, look at it before it leaves" if count else ""
    return f"{entry['path']}: {entry['copy']}{left}"
