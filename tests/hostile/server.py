"""The service with its decoders on a short leash: ``python -m tests.hostile.server FOLDER TASK_S``."""

import sys

from service.decoding import ask
from service.decoding.limits import DecodingLimits
from service.decoding.pool import Decoders
from tests.service.live_server import main

if __name__ == "__main__":
    folder, task_s = sys.argv[1:3]
    pool = Decoders(DecodingLimits(task_s=float(task_s)))
    ask._decoders = lambda _process: pool  # type: ignore[assignment] # so that a hundred bombs take no minutes
    main(folder, "workers=3", "max_procedures_queued=1000", "log_level=warning")
