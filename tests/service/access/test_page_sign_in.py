"""The page of a service that asks who is there: sign in once with a key, work, sign out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.access.key_store import KeyStore
from service.access.keys import make_key
from service.access.roles import Role
from service.settings import Settings
from service.store.store import open_store
from service.store.tables import now
from tests.service.browser import grave_findings, keep
from tests.service.live_server import live_server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

FIRST_WORD = """() => new Promise((resolve) => {
  const socket = new WebSocket(`ws://${location.host}/v1/live`);
  socket.onopen = () => socket.send('{"type": "start"}');
  socket.onmessage = ({ data }) => { resolve(JSON.parse(data).type); socket.close(); };
})"""
"""What a live session that the page opens is told first."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a service that requires access, and a workstation's key to it."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = Settings(data_dir=folder)
    open_store(settings).close()
    text, kept = make_key("CART-1", frozenset({Role.WORKSTATION}), now(), timedelta(hours=1))
    store = KeyStore(settings)
    store.add(kept)
    store.close()
    with live_server(folder, "workers=1", "access=required") as address:
        yield address, text


def test_signing_in_and_out(server: tuple[str, str], open_page: Callable[..., Page], tmp_path: Path) -> None:
    address, key = server
    page = open_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    field = page.get_by_label("Key of access")
    expect(field).to_be_focused(timeout=60_000)
    assert grave_findings(page) == []
    keep(page, "sign_in", tmp_path)
    field.fill("sonoplace_000000000000_" + "x" * 43)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("the key is unknown, was revoked or has expired")
    expect(field).to_be_empty()
    field.fill(f"  {key} ")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("workstation", exact=True)).to_be_visible()
    expect(page.locator(".sign-in")).to_have_count(0)
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")[0] == ""
    assert key not in page.content()
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    cookies = page.context.cookies()
    assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [(True, "Strict")]
    page.goto(f"{address}/live")
    with page.expect_websocket() as opened:
        page.evaluate("window.probe = new WebSocket(`ws://${location.host}/v1/live`)")
    with opened.value.expect_event("framereceived") as frame:
        page.evaluate(
            'probe.onopen = () => probe.send(\'{"type": "start"}\'); probe.readyState === 1 && probe.onopen()'
        )
    assert '"started"' in str(frame.value)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key of access")).to_be_visible()
    assert page.context.cookies() == []
