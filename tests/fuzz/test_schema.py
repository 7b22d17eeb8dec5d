"""Every call of the OpenAPI document with made-up values: answered as the document says, and never with a 500."""

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.settings import Settings
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pacs.running_service import running_service
from tests.service.pictures import dicom, picture

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
_EXAMPLES = int(os.environ.get("SONOPLACE_TEST_EXAMPLES", "3"))
"""Of each call; a hundred in a long run."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("schema")
    with running_service(Settings(data_dir=folder, workers=2), FakeSegmenter()) as address:
        body, headers = dicom([picture()]), {"Content-Type": "application/dicom"}
        kept = httpx2.post(f"{address}v1/procedures", content=body, headers=headers, timeout=60)
        assert kept.status_code == 201
        document = schemathesis.openapi.from_url(f"{address}openapi.json", timeout=120)
        yield kept.json()["id"], document.exclude(path_regex="^/dicom-web")  # it writes no multipart/related


def test_no_call_fails(api: Any) -> None:
    """Its own loop over the calls: schemathesis's plugin for pytest does not know pytest 9."""
    kept, document = api
    faults = {one.ok().label: failures_of(one.ok(), kept) for one in document.get_all_operations()}
    assert len(faults) > 30
    found = {label: told for label, told in faults.items() if told}
    assert not found, "\n".join(f"{label}: {told}" for label, told in found.items())


def failures_of(operation: Any, kept: str) -> list[str]:
    """What a call did that the document does not say; of procedures it is told the one that there is."""
    told: list[str] = []
    checks = schemathesis.checks

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        if "procedure_id" in case.path_parameters:
            case.path_parameters["procedure_id"] = kept
        try:
            case.call_and_validate(
                checks=(
                    checks.not_a_server_error,
                    checks.status_code_conformance,
                    checks.content_type_conformance,
                    checks.response_schema_conformance,
                ),
                timeout=60,
            )
        except schemathesis.errors.FailureGroup as failed:
            told.extend(f"{fault.title}: {fault.message}"[:300] for fault in failed.exceptions)

    ask()
    return sorted(set(told))
