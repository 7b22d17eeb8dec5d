"""The running application of the service's tests."""

from tests.service.conftest import backend, build_app, client, segmenter, start_app, warm_decoders

__all__ = ["backend", "build_app", "client", "segmenter", "start_app", "warm_decoders"]
