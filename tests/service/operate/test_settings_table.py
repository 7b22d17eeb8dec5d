"""The README's table of settings is that of the code: every field, its variable, its default, its meaning."""

import ast
import inspect
import json
import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from service import settings as module
from service.settings import Settings

README = Path(__file__).resolve().parents[3] / "README.md"
_COMPUTED = {"workers": "number of cores", "model_dir": "the network that comes with it"}


def documented() -> dict[str, str]:
    """What stands under each field."""
    (found,) = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
    said: dict[str, str] = {}
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            said[ast.unparse(field.target)] = re.sub(r"\s+", " ", str(text.value.value))
    return said


def default_of(name: str) -> str:
    if name in _COMPUTED:
        return _COMPUTED[name]
    value = Settings.model_fields[name].default
    assert value is not PydanticUndefined, name
    if value is None:
        return "–"
    plain = list(value) if isinstance(value, tuple) else value
    return f"`{json.dumps(plain)}`" if isinstance(plain, (list, dict)) else f"`{plain}`"


def table() -> str:
    said = documented()
    rows = [
        f"| `SONOPLACE_{name.upper()}` | {default_of(name)} | {said[name].replace('``', '`').replace('|', '/')} |"
        for name in Settings.model_fields
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def test_every_field_says_what_it_means() -> None:
    assert documented().keys() == Settings.model_fields.keys()


def test_readme_has_the_table_as_it_is() -> None:
    """To write it anew: ``python -m tests.service.operate.test_settings_table`` prints it."""
    assert table() in README.read_text(encoding="utf-8")


if __name__ == "__main__":
    print(table())  # noqa: T201 - to be pasted
