"""``sonoplace keys`` and ``sonoplace access-log``: who is let in, and who was."""

import sys
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.access.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.access.key_store import KeyStore
    from service.access.keys import AccessKey
    from service.access.log_reading import Line
    from service.settings import Settings

keys = typer.Typer(name="keys", help="Make, list and revoke keys of access.", no_args_is_help=True)

_LABEL = "^[A-Za-z0-9._-]{1,32}$"
_DAYS = 365
_SHOWN = ("at", "event", "who", "what", "outcome", "code", "procedure_id", "peer")
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the store [SONOPLACE_DATA_DIR].")]


@keys.command()
def create(
    role: Annotated[list[Role], typer.Option(help="What it is for; repeat for several.")],
    label: Annotated[str, typer.Option(help="Code of what or who it is for, such as CART-3; no name of a person.")],
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=3650)] = _DAYS,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a hash of it is kept."""
    import re

    from service.access.keys import make_key
    from service.store.tables import now

    if not re.fullmatch(_LABEL, label):
        msg = f"{label!r}: expected up to 32 letters, digits, dots, hyphens and underscores"
        raise typer.BadParameter(msg, param_hint="--label")
    text, key = make_key(label, frozenset(role), now(), timedelta(days=days))
    with _opened(data_dir) as (settings, store):
        _record(settings, f"create {key.id}")
        store.add(key)
    if as_json:
        _print_json({"key": text, **_plain(key, now())})
        return
    typer.echo(text)
    typer.echo(f"{_line(key, now())}\nThis key is not shown again.", err=True)


@keys.command("list")
def list_keys(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List all keys, revoked and expired ones too, by their ids."""
    from service.store.tables import now

    with _opened(data_dir) as (_, store):
        found = store.listed()
    if as_json:
        _print_json([_plain(key, now()) for key in found])
        return
    for key in found:
        typer.echo(_line(key, now()))


@keys.command()
def revoke(
    ids: Annotated[list[str], typer.Argument(help="Ids as `list` shows them; a whole key will do too.")],
    data_dir: DataDir = None,
) -> None:
    """Let keys hold no longer, and the sessions begun with them; a running service knows within seconds."""
    from service.store.tables import now

    unknown = []
    with _opened(data_dir) as (settings, store):
        for key_id in map(_id_of, ids):
            if store.revoke(key_id, now()):
                _record(settings, f"revoke {key_id}")
                typer.echo(f"{key_id} is revoked")
            else:
                unknown.append(key_id)
    if unknown:
        typer.echo(f"there is no key {', '.join(unknown)}", err=True)
        raise typer.Exit(1)


Who = Annotated[str | None, typer.Option(help="Of this asker alone: key:ID, oidc:HASH, or - for strangers.")]
What = Annotated[str | None, typer.Option(help="With this in method, route or procedure, such as 'PUT ' or record.")]
Since = Annotated[datetime | None, typer.Option(help="First day, UTC.", formats=["%Y-%m-%d"])]
Until = Annotated[datetime | None, typer.Option(help="Last day, UTC.", formats=["%Y-%m-%d"])]
Refused = Annotated[bool, typer.Option("--refused", help="Refusals alone.")]


def access_log(
    who: Who = None,
    what: What = None,
    since: Since = None,
    until: Until = None,
    refused: Refused = False,
    as_json: Json = False,
) -> None:
    """Show who asked what, when, and how it was answered, from the log in SONOPLACE_DATA_DIR."""
    import orjson

    from service.access.control import LOG_FOLDER
    from service.access.log_reading import Wanted, read_log

    days = (since.date() if since else None, until.date() if until else None)
    wanted = Wanted(*days, who=who, what=what, refused=refused)
    torn = 0
    for line in read_log(_settings(None).data_dir / LOG_FOLDER, wanted):
        torn += "unreadable" in line
        typer.echo(orjson.dumps(line).decode() if as_json else _log_line(line))
    if torn:
        typer.echo(f"{torn} lines cannot be read: the disk was full, or somebody changed the file", err=True)
        raise typer.Exit(1)


def _settings(data_dir: Path | None) -> "Settings":
    from service.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


@contextmanager
def _opened(data_dir: Path | None) -> "Iterator[tuple[Settings, KeyStore]]":
    """Keys of the store; a store that cannot be opened ends the command with its reason."""
    from service.access.key_store import KeyStore
    from service.store.store import open_store

    settings = _settings(data_dir)
    open_store(settings).close()
    with closing(KeyStore(settings)) as store:
        yield settings, store


def _record(settings: "Settings", what: str) -> None:
    from service.access.control import LOG_FOLDER
    from service.access.log import AccessLog, AccessRecord, Event

    log = AccessLog(settings.data_dir / LOG_FOLDER)
    log.write(AccessRecord(Event.KEYS, "command-line", f"keys {what}"))
    log.close()


def _id_of(given: str) -> str:
    """Id in what was given: somebody in a hurry has the whole key at hand."""
    return given.split("_")[1] if given.count("_") > 1 else given


def _plain(key: "AccessKey", at: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "label": key.label,
        "roles": sorted(key.roles),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "holds": key.fault(at) is None,
    }


def _line(key: "AccessKey", at: datetime) -> str:
    until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "without end"
    return f"{key.id}  {key.label:<12} {', '.join(sorted(key.roles)):<12} {key.fault(at) or until}"


def _log_line(line: "Line") -> str:
    said = [
        str(line.get(name, "")) for name in ("at", "event", "who", "what", "outcome", "code", "procedure_id", "peer")
    ]
    return "  ".join(part for part in said if part)


def _print_json(value: object) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
