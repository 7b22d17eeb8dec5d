"""Print the OpenAPI document and the messages of the live session as one document, for ``npm run api``.

With ``--digest`` a comment with the hash of its shape, which ends ``src/api/schema.ts``: by it a test without Node
tells whether the types there are still those of the running code.
"""

import hashlib
import sys
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from service.app import create_app
from service.live.messages import Start
from service.live.wire import Ended, LiveAnswer, LiveProblem, Started
from service.settings import Settings

_LIVE: tuple[tuple[type[BaseModel], JsonSchemaMode], ...] = (
    (Start, "validation"),
    (Started, "serialization"),
    (LiveAnswer, "serialization"),
    (LiveProblem, "serialization"),
    (Ended, "serialization"),
)
_WORDS = ("description", "summary", "title")


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    openapi: dict[str, Any] = create_app(Settings()).openapi()
    _, live = models_json_schema(_LIVE, ref_template="#/components/schemas/{model}")
    openapi["components"]["schemas"] |= live["$defs"]
    return openapi


def digest() -> str:
    """Line that names the shape of the document: its paths and schemas, not what is said about them in words."""
    shape = _without_words({name: part for name, part in document().items() if name != "info"})
    return f"// Made from the OpenAPI document whose shape is sha256:{hashlib.sha256(_json(shape)).hexdigest()}\n"


def _without_words(part: object) -> object:
    if isinstance(part, list):
        return [_without_words(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {name: value for name, value in part.items() if not (name in _WORDS and isinstance(value, str))}
    return {name: _without_words(value) for name, value in kept.items()}


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


if __name__ == "__main__":
    sys.stdout.buffer.write(digest().encode() if "--digest" in sys.argv[1:] else _json(document()))
