"""The real server on a loopback port, stopped as a supervisor would stop it."""

import gc
import json
import os
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner

import imaging.onnx_model
from service import serving
from service.app import create_app
from service.cli import app
from service.settings import Settings
from tests.service.fake_segmenter import FakeSegmenter


def test_server_says_where_it_listens(tmp_path: Path) -> None:
    addresses: list[str] = []
    listening = threading.Event()

    def heard(address: str) -> None:
        addresses.append(address)
        listening.set()

    application = create_app(Settings(data_dir=tmp_path), lambda _: FakeSegmenter())
    config = uvicorn.Config(application, port=0, log_config=None, ws="none")
    server = serving.Server(config, heard)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert listening.wait(60)
    with urllib.request.urlopen(addresses[0] + "livez", timeout=60) as response:  # noqa: S310 - loopback
        assert json.load(response) == {"status": "alive"}
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


def test_a_stop_unwinds_and_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import signal, imaging.onnx_model, tests.service.fake_segmenter as fake, service.serving.server as server\n"
        "imaging.onnx_model.load_model = lambda *_: fake.FakeSegmenter()\n"
        "server.Server.run = lambda _: signal.raise_signal(signal.SIGTERM)\n"
        "from service.cli import app; app()"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code, "demo", "--no-open"]
    ended = subprocess.run(command, env=environment, timeout=180, check=False)  # noqa: S603 - our own interpreter
    assert ended.returncode == 0
    assert list(tmp_path.glob("sonoplace-*")) == []


@pytest.mark.parametrize(("command", "page"), [("serve", ""), ("demo", "#")])
def test_commands_start_the_server_and_open_the_page(
    command: str, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(imaging.onnx_model, "load_model", lambda *_: FakeSegmenter())
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(serving.Server, "run", lambda server: server._on_listening("http://127.0.0.1:1/"))
    result = CliRunner().invoke(app, [command, "--open", "--port", "0"])
    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:1/" in result.output
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
    assert opened[0].startswith("http://127.0.0.1:1/")
