"""House sizes: files, functions and parameters; prints what is over budget and fails if anything is."""

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("imaging", "service", "models", "sample_dicoms", "benchmarks")
FILE_MEDIAN, FILE_MOST = 150, 400
BODY_MEDIAN, BODY_P90, BODY_MOST = 8, 25, 50
PARAMETERS_MOST = 6
BANNED_NAMES = {"utils", "helpers", "common", "manager"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> int:
    """Check every room and the tests; 1 if any budget is exceeded."""
    root = Path(__file__).resolve().parents[1]
    rooms = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    tests = sorted((root / "tests").rglob("*.py"))
    functions = [(path, function) for path in rooms for function in _functions(path)]
    faults = [*_names(rooms + tests), *_files(rooms, tests), *_bodies(functions), *_parameters(functions)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def _functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _names(paths: list[Path]) -> Iterator[str]:
    yield from (f"{path}: a name that says nothing" for path in paths if path.stem in BANNED_NAMES)


def _files(rooms: list[Path], tests: list[Path]) -> Iterator[str]:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in rooms + tests}
    yield from (f"{path}: {n} lines, at most {FILE_MOST}" for path, n in lengths.items() if n > FILE_MOST)
    median = statistics.median(lengths[path] for path in rooms)
    print(f"files: {len(rooms)}, median {median:.0f}, longest {max(lengths[path] for path in rooms)}")
    if median > FILE_MEDIAN:
        yield f"median file is {median:.0f} lines, at most {FILE_MEDIAN}"


def _body_lines(function: Function) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _bodies(functions: list[tuple[Path, Function]]) -> Iterator[str]:
    lengths = sorted(_body_lines(function) for _, function in functions)
    median, p90 = statistics.median(lengths), lengths[int(0.9 * (len(lengths) - 1))]
    print(f"functions: {len(lengths)}, median {median:.0f}, 90th percentile {p90}, longest {lengths[-1]}")
    if median > BODY_MEDIAN or p90 > BODY_P90:
        yield f"function bodies: median {median:.0f} (at most {BODY_MEDIAN}), p90 {p90} (at most {BODY_P90})"
    for path, function in functions:
        if (lines := _body_lines(function)) > BODY_MOST:
            yield f"{path}:{function.lineno} {function.name}: body of {lines} lines, at most {BODY_MOST}"


def _parameters(functions: list[tuple[Path, Function]]) -> Iterator[str]:
    for path, function in functions:
        names = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        count = len([name for name in names if name.arg not in ("self", "cls")])
        if count > PARAMETERS_MOST and not _is_command(function):
            yield f"{path}:{function.lineno} {function.name}: {count} parameters, at most {PARAMETERS_MOST}"


def _is_command(function: Function) -> bool:
    """A route or a command has the parameters that its users send it."""
    return any(isinstance(decorator, ast.Call) for decorator in function.decorator_list)


if __name__ == "__main__":
    sys.exit(main())
