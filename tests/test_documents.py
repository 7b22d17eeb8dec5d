"""The pages that promise something name tests that exist, and list what is really installed."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE = (ROOT / "docs" / "medical_software.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def section(page: str, heading: str) -> str:
    """Text below a heading, to the next one of its level or above."""
    level = heading.split(" ")[0]
    after = page.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after, maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """Cells of the first table in a text, without its head."""
    table = re.search(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.group().splitlines()[2:]]


HAZARDS = rows(section(FILE, "## Risk management: hazards, controls, verification"))
FAULTS = rows(section(README, "## What it survives"))


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", HAZARDS, ids=[row[0] for row in HAZARDS])
def test_every_hazard_has_a_control_and_tests_that_exist(row: list[str]) -> None:
    hazard, situation, control, tests = row
    assert min(map(len, (hazard, situation, control))) > 5
    assert_named(tests)


@pytest.mark.parametrize("row", FAULTS, ids=[row[0] for row in FAULTS])
def test_every_fault_has_a_promise_and_tests_that_exist(row: list[str]) -> None:
    fault, promise, tests = row
    assert min(map(len, (fault, promise))) > 5
    assert_named(tests)


def assert_named(cell: str) -> None:
    named = NAMED.findall(cell)
    assert named, cell
    assert not NAMED.sub("", cell).strip(" ,;"), "something else than tests stands there"
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert test in functions_of(path), f"{path}::{test}"


def test_every_fault_of_the_tests_is_in_the_table() -> None:
    told = {path for row in FAULTS for path, _ in NAMED.findall(row[-1])}
    assert {f"tests/faults/{path.name}" for path in (ROOT / "tests" / "faults").glob("test_*.py")} <= told


def test_it_says_first_that_it_is_no_medical_device() -> None:
    first = FILE.split("\n## ")[0]
    assert "research and quality assurance" in first
    assert "not a medical device" in first
    assert "claims conformity with neither" in first


@pytest.mark.parametrize(
    "heading",
    ["Intended use", "Contraindications", "Reasonably foreseeable misuse", "Known limits", "Model change procedure"],
)
def test_what_a_site_asks_for_is_there(heading: str) -> None:
    assert len(section(FILE, f"## {heading}")) > 200


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", FILE):
        assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"`((?:service|imaging|models|tests|deploy|benchmarks)/[\w/.]*\w/?)`", FILE):
        assert (ROOT / path).exists(), path


def test_the_libraries_are_those_of_the_lock() -> None:
    soup = soup_table()
    assert soup.main([]) == 0
    assert soup.unexplained() == set()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    listed = {(name, version) for name, version, *_ in rows(section(FILE, "### Software of unknown provenance"))}
    assert listed == set(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock, re.MULTILINE))


def soup_table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soup_table", ROOT / ".ci" / "soup_table.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made
