"""Print the OpenAPI document and the messages of the live session as one document, for ``npm run api``."""

import sys

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


def document() -> bytes:
    """OpenAPI 3.1 as JSON."""
    openapi = create_app(Settings()).openapi()
    _, live = models_json_schema(_LIVE, ref_template="#/components/schemas/{model}")
    openapi["components"]["schemas"] |= live["$defs"]
    return orjson.dumps(openapi, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
