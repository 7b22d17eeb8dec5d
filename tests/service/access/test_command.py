"""``sonoplace keys`` and ``sonoplace access-log``, and no start where nobody could sign in."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.access.configured import require_way_in
from service.access.key_store import KeyStore
from service.access.keys import parse_key
from service.cli import app
from service.errors import BadSetting
from service.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SONOPLACE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_key_from_its_making_to_its_end(folder: Path) -> None:
    made = run("keys", "create", "--role", "workstation", "--role", "reviewer", "--label", "CART-1", "--days", "7")
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    given = parse_key(text)
    assert given is not None
    assert re.search(rf"{given.id}  CART-1 +reviewer, workstation until 20\d\d-", run("keys", "list").stdout)
    assert text[-43:] not in run("keys", "list", "--json").stdout
    assert all(text[-43:].encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert run("keys", "revoke", given.id).exit_code == 0
    assert "the key was revoked" in run("keys", "list").stdout
    assert run("keys", "revoke", text).exit_code == 0  # the whole key will do, and twice is no fault
    unknown = run("keys", "revoke", "000000000000")
    assert (unknown.exit_code, unknown.stderr.strip()) == (1, "there is no key 000000000000")
    said = [json.loads(line) for line in run("access-log", "--json").stdout.splitlines()]
    assert [line["what"] for line in said] == [f"keys {what} {given.id}" for what in ("create", "revoke", "revoke")]
    assert f"keys revoke {given.id}" in run("access-log", "--what", "revoke").stdout
    assert run("access-log", "--refused").stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "surgeon", "--label", "CART-1"),
        ("--role", "admin", "--label", "Jane Doe"),
        ("--role", "admin", "--label", "x" * 33),
        ("--role", "admin", "--label", "A", "--days", "0"),
        ("--label", "CART-1"),
    ],
)
def test_what_no_key_is_made_of(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run("keys", "create", *arguments).exit_code == 2
    assert not folder.exists()


def test_a_torn_log_is_told(folder: Path) -> None:
    (folder / "access").mkdir(parents=True)
    (folder / "access" / "2026-11-22.jsonl").write_text('{"at": "2026-11-22", "who": "-"}\n{"at": \n')
    shown = run("access-log")
    assert shown.exit_code == 1
    assert "1 lines cannot be read" in shown.stderr


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({"host": "127.0.0.1"}, False),
        ({"host": "::1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "127.0.0.1", "access": "required"}, True),
        ({"host": "0.0.0.0"}, True),  # noqa: S104 - to be refused
        ({"host": "::"}, True),
        ({"host": ""}, True),
        ({"host": "10.0.0.7"}, True),
        ({"host": "localhost.example"}, True),
    ],
)
def test_no_start_where_nobody_could_sign_in(tmp_path: Path, given: dict[str, str], *, needs: bool) -> None:
    settings = Settings(data_dir=tmp_path / "data", **given)  # type: ignore[arg-type] # settings by name
    if not needs:
        require_way_in(settings)
        assert not settings.data_dir.exists()
        return
    with pytest.raises(BadSetting, match="sonoplace keys create"):
        require_way_in(settings)
    run("keys", "create", "--role", "admin", "--label", "ADMIN-1", "--data-dir", str(settings.data_dir))
    require_way_in(settings)
    store = KeyStore(settings)
    run("keys", "revoke", store.listed()[0].id, "--data-dir", str(settings.data_dir))
    store.close()
    with pytest.raises(BadSetting, match="nobody could sign in"):
        require_way_in(settings)
    provider = {"oidc_issuer": "https://x", "oidc_audience": "x", "oidc_jwks": "https://x/jwks"}
    require_way_in(settings.model_copy(update=provider))


def test_serve_says_why_it_does_not_start(folder: Path) -> None:
    refused = run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - to be refused
    assert refused.exit_code == 2
    assert "nobody could sign in" in refused.stderr
    assert "Traceback" not in refused.output
