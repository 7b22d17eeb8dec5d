"""Which row of the table a request falls under, by the same patterns as the router's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.routing import compile_path

from service.access.table import RULES, Rule

_PROCEDURE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Matched:
    """A row, and the procedure that the path names, if it names one."""

    rule: Rule
    procedure_id: str | None = None


@dataclass(slots=True)
class _OfMethod:
    plain: dict[str, Matched] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], Rule]] = field(default_factory=list)


class RouteTable:
    """Rows, ready to be looked up."""

    def __init__(self, rules: Iterable[Rule] = RULES) -> None:
        self._methods: dict[str, _OfMethod] = {}
        for rule in rules:
            rows = self._methods.setdefault(rule.method, _OfMethod())
            if "{" in rule.path:
                rows.patterns.append((compile_path(rule.path)[0], rule))
            else:
                rows.plain[rule.path] = Matched(rule)

    def match(self, method: str, path: str) -> Matched | None:
        """Row for a request, None if it stands nowhere."""
        rows = self._methods.get(method)
        if rows is None:
            return None
        if path in rows.plain:
            return rows.plain[path]
        for pattern, rule in rows.patterns:
            if found := pattern.match(path):
                return Matched(rule, _procedure(found.groupdict()))
        return None


def _procedure(parameters: Mapping[str, str]) -> str | None:
    """Identifier of ours alone: whatever else stands in a path may be anything, and is not written down."""
    named = parameters.get("procedure_id", "")
    return named if _PROCEDURE_ID.fullmatch(named) else None
