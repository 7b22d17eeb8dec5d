"""Types of the page are those of the running code, told without Node."""

from pathlib import Path

import service
from service.web.openapi import digest, document

_TYPES = Path(str(service.__file__)).parent / "web" / "src" / "api" / "schema.ts"


def test_the_page_knows_the_answers_as_they_are() -> None:
    last = _TYPES.read_text(encoding="utf-8").rstrip().rsplit("\n", 1)[-1]
    assert last == digest().rstrip(), "answers have changed: run `npm run api` in service/web, commit schema.ts"


def test_live_messages_are_among_them() -> None:
    schemas = document()["components"]["schemas"]
    assert {"Start", "Started", "LiveAnswer", "LiveProblem", "Ended"} <= schemas.keys()
    assert "description" in schemas["Problem"]["properties"]["type"], "words are left out of the digest alone"
