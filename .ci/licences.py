"""Licence report of everything the image is made of, and the gate: no GPL, but what a table excuses with a reason."""

import re
import sys

from components import Component, licence_files, page_components, python_components

EXCUSED = {
    "psycopg": "LGPL-3.0: imported, not changed; an optional part, replaced by installing another version",
    "psycopg-binary": "LGPL-3.0: as psycopg, with libpq (PostgreSQL licence)",
}
"""Parts whose own licence is of the GPL family."""
WITHIN = {
    "matplotlib": "its text says that the licence of Python is compatible with the GPL",
    "numpy": "libgfortran: GPL-3.0 with the GCC Runtime Library Exception, which asks nothing of those who link it",
    "onnxruntime": "a choice between Apache-2.0, or MPL-2.0, and the GPL: the first is taken",
    "opencv-python-headless": "FFmpeg: LGPL-2.1, a library of its own file that can be replaced",
    "orjson": "the text of MPL-2.0, which names the GPL as a secondary licence; Apache-2.0 or MIT hold",
    "pillow": "FreeType: its own licence or the GPL, the first is taken; XZ's library itself is free of it",
    "scipy": "libgfortran: as numpy",
    "typing-extensions": "its text says that the licence of Python is compatible with the GPL",
}
"""Parts whose licence texts name the family, and what that comes to."""
_FAMILY = re.compile(r"\b(?:AGPL|LGPL|GPL)|GNU (?:AFFERO |LESSER |LIBRARY )?GENERAL PUBLIC", re.IGNORECASE)


def main() -> int:
    """Print the report; 1 if something is not excused, or an excuse is not needed any more."""
    parts = [*python_components(), *page_components()]
    by_licence: dict[str, list[str]] = {}
    for part in parts:
        by_licence.setdefault(part.licence, []).append(f"{part.name} {part.version}")
    for licence, names in sorted(by_licence.items(), key=lambda item: -len(item[1])):
        print(f"{len(names):3} {licence}: {', '.join(names)}")
    family = {part.name: said for part in parts if (said := of_the_family(part))}
    wrong = [
        f"{name}: {said}: not in the table of .ci/licences.py"
        for name, said in family.items()
        if not excuse(name, said)
    ]
    wrong += [f"{name}: excused for nothing" for name in (EXCUSED | WITHIN).keys() - family.keys()]
    wrong += [f"{part.name}: no licence is named" for part in parts if part.licence == "unknown"]
    print(
        f"{len(parts)} parts, {len(by_licence)} licences, {len(family)} of the GPL family or with such a library inside"
    )
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def excuse(name: str, said: str) -> str | None:
    """Why a part may be there."""
    return EXCUSED.get(name) if said.startswith("licence") else WITHIN.get(name)


def of_the_family(part: Component) -> str | None:
    """Where a part or its licence texts name a licence of the GPL family."""
    if _FAMILY.search(part.licence):
        return f"licence {part.licence}"
    texts = licence_files(part.name) if part.kind == "pypi" else []
    named = [path.name for path in texts if path.is_file() and _FAMILY.search(path.read_text(errors="replace"))]
    return f"named in {', '.join(sorted(set(named)))}" if named else None


if __name__ == "__main__":
    sys.exit(main())
