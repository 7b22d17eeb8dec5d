"""What the routes depend on."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from service.app import create_app
from service.settings import Settings
from tests.service.fake_segmenter import FakeSegmenter


def needed(dependant: Dependant) -> Iterator[Dependant]:
    for part in dependant.dependencies:
        yield part
        yield from needed(part)


def test_no_request_waits_for_a_thread_to_read_its_query(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), lambda _: FakeSegmenter())
    routes = [found.original_route for found in iter_route_contexts(app.routes)]
    parts = [part.call for route in routes if hasattr(route, "dependant") for part in needed(route.dependant)]
    assert len(parts) > 50
    assert [part for part in set(parts) if not inspect.iscoroutinefunction(part)] == []
