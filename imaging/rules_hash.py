"""The hash that stands for a set of rules in every answer given under them."""

import hashlib
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@lru_cache(maxsize=32)
def rules_sha256(rules: "DataclassInstance") -> str:
    """Hash of all names and values of a dataclass, in the order of its fields."""
    text = "\n".join(f"{item.name}={getattr(rules, item.name)!r}" for item in fields(rules))
    return hashlib.sha256(text.encode()).hexdigest()
