"""Where programs that ask the service find their key: in the environment, which others on the machine cannot see."""

import os

KEY = "SONOPLACE_KEY"


def key_at_hand() -> str | None:
    """Key of access, or token, if there is one."""
    return os.environ.get(KEY) or None
