"""The work behind LitServe: ``python -m benchmarks.peer_apps.litserve_app PORT``."""

import sys
from typing import Annotated

import litserve
from fastapi import Body, Response

from benchmarks.peer_apps.same_work import same_work, workers


class SameWork(litserve.LitAPI):  # type: ignore[misc] # litserve is in no environment that is type-checked
    """Raw bytes in and out: the leanest way that it offers."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - its signature
        """Load the model in the worker process."""
        self._answer = same_work()

    def decode_request(self, request: Annotated[bytes, Body(media_type="image/jpeg")]) -> bytes:
        """Body as it came."""
        return request

    def predict(self, picture: bytes) -> bytes:
        """Everything from the JPEG to the JSON."""
        return self._answer(picture)

    def encode_response(self, output: bytes) -> Response:
        """Bytes as they are."""
        return Response(output, media_type="application/json")


if __name__ == "__main__":
    server = litserve.LitServer(SameWork(), accelerator="cpu", devices=1, workers_per_device=workers())
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error")
