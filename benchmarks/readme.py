"""The last run in benchmarks/README.md: its tables between two marks, its plot beside it."""

from pathlib import Path

README = Path(__file__).with_name("README.md")
PLOT = Path(__file__).with_name("last_run.svg")
_BEGIN, _END = "<!-- last run: written by sonoplace bench --readme -->", "<!-- end of last run -->"


def write_readme(tables: str, path: Path = README) -> None:
    """Put tables in place of those of the run before.

    Raises
    ------
    ValueError
        If the file has lost its marks.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        msg = f"{path.name} has not the marks {_BEGIN!r} and {_END!r} in this order"
        raise ValueError(msg)
    whole = f"{before}{begin}\n\n{tables}\n\n![Stages, latency and age over time]({PLOT.name})\n\n{end}{after}"
    path.write_text(whole, encoding="utf-8")
