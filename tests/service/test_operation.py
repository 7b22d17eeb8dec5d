"""Alive, ready, measured; busy when it is; the page and the OpenAPI document."""

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from service.errors import Busy
from service.work import Work
from tests.faults.asking import until
from tests.service.conftest import StartApp, until_ready
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import dicom, picture, png

PNG = {"Content-Type": "image/png"}


def test_ready_only_after_the_warm_up(build_app: StartApp, segmenter: FakeSegmenter) -> None:
    segmenter.open.clear()
    with build_app() as client:
        assert client.get("/livez").json() == {"status": "alive"}
        waiting = client.get("/readyz")
        assert (waiting.status_code, waiting.json()["code"], waiting.headers["retry-after"]) == (503, "not-ready", "1")
        assert "sonoplace_ready 0.0" in client.get("/metrics").text
        segmenter.open.set()
        ready = until_ready(client)
        assert ready == {"status": "ready"}
        assert "sonoplace_ready 1.0" in client.get("/metrics").text


def test_too_much_work_is_refused(start_app: StartApp, segmenter: FakeSegmenter) -> None:
    client = start_app(workers=1, queue_bound=1)
    assert segmenter.started.acquire(timeout=120)
    until_ready(client)
    segmenter.open.clear()
    with ThreadPoolExecutor(2) as pool:
        under_way = pool.submit(client.post, "/v1/frames", content=png(), headers=PNG)
        assert segmenter.started.acquire(timeout=120)
        waiting = pool.submit(client.post, "/v1/frames", content=png(), headers=PNG)
        until(lambda: "sonoplace_work_waiting 1.0" in client.get("/metrics").text)
        refused = client.post("/v1/frames", content=png(), headers=PNG)
        segmenter.open.set()
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert (under_way.result().status_code, waiting.result().status_code) == (200, 200)


def test_too_many_procedures_are_refused(start_app: StartApp, segmenter: FakeSegmenter) -> None:
    client = start_app(max_procedures_queued=1)
    until_ready(client)
    segmenter.open.clear()
    url = "/v1/procedures?wait=false"
    headers = {"Content-Type": "application/dicom"}
    assert client.post(url, content=dicom([picture()]), headers=headers).status_code == 202
    refused = client.post(url, content=png(), headers=PNG)
    segmenter.open.set()
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")


def test_work() -> None:
    asyncio.run(_work())


async def _work() -> None:
    work = Work(workers=1, queue_bound=0)
    gate = threading.Event()
    first = asyncio.create_task(work.run(gate.wait, 20))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await work.run(gate.wait)
    patient = asyncio.create_task(work.run_patiently(lambda: 3))
    first.cancel()
    gate.set()
    assert await patient == 3
    async with asyncio.timeout(60):
        assert await _as_soon_as_taken(work, lambda: 4) == 4
    work.close()


async def _as_soon_as_taken(work: Work, call: Callable[[], int]) -> int:
    """Its result: the thread that nobody waits for any more is free a moment after its call has ended."""
    while True:
        with contextlib.suppress(Busy):
            return await work.run(call)
        await asyncio.sleep(0.01)


def test_metrics_name_routes_not_paths(client: TestClient) -> None:
    client.post("/v1/frames?spacing_mm=0.2", content=png(), headers=PNG)
    client.get("/v1/procedures/secret")
    text = client.get("/metrics").text
    assert 'sonoplace_requests_total{method="POST",route="/v1/frames",status="200"} 1.0' in text
    assert 'route="/v1/procedures/{procedure_id}",status="404"' in text
    assert 'sonoplace_frame_verdicts_total{verdict="inside"} 1.0' in text
    assert 'sonoplace_stage_seconds_count{stage="inference"} 1.0' in text
    assert "secret" not in text


def test_model(client: TestClient) -> None:
    answer = client.get("/v1/model").json()
    assert answer["identity"]["model_sha256"] == "f" * 64
    assert len(answer["identity"]["rules_sha256"]) == 64
    assert answer["rules"]["inside_from"] == 0.9
    (shipped,) = answer["installed"]
    assert (shipped["folder"], shipped["in_use"], shipped["problem"]) == ("suprapatellar", False, None)
    assert shipped["model"] == "suprapatellar"


@pytest.mark.parametrize(("sent", "kept"), [("trace-0001", True), ("no spaces", False), ("x" * 65, False), ("", False)])
def test_request_ids(client: TestClient, sent: str, *, kept: bool) -> None:
    answered = client.get("/livez", headers={"X-Request-ID": sent}).headers["x-request-id"]
    assert (answered == sent) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answered)


def test_page_is_whole_and_closed(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "Research and quality assurance use. No overlay means not assessed, not safe." in page.text
    seen, todo = set(), set(re.findall(r'(?:href|src)="(/page/[^"]+)"', page.text))
    while todo:
        path = todo.pop()
        response = client.get(path)
        assert response.status_code == 200, path
        seen.add(path)
        todo |= {f"/page/assets/{name}" for name in re.findall(r'["/]([\w-]+\.(?:js|css))["`]', response.text)} - seen
        assert not re.search(r"https?://(?!www\.w3\.org/|github\.com/preactjs/)", response.text), path
    assert {path.rsplit(".")[-1] for path in seen} == {"js", "css", "svg"}
    assert {client.get(view).text for view in ("/live", "/procedures/0")} == {page.text}
    assert "immutable" in client.get(next(path for path in seen if "/assets/" in path)).headers["cache-control"]
    assert not re.search(r"<script>|style=|onclick", page.text)


DICOM_ANSWERS = {"409", "503"}
"""What became of each instance is told in DICOM's own terms, also where none was accepted (PS3.18 10.5.3)."""


def test_openapi_documents_every_answer(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    post = document["paths"]["/v1/frames"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "image/jpeg", "image/png", "application/dicom", "application/octet-stream"
    }  # fmt: skip
    assert set(post["responses"]["200"]["content"]) == {"application/json", "image/png", "image/svg+xml"}
    assert set(post["responses"]) >= {"404", "406", "413", "415", "422", "503"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and not (path.startswith("/dicom-web/") and status in DICOM_ANSWERS):
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
    assert "/v1/procedures/{procedure_id}/frames/{index}/overlay.png" in document["paths"]
