"""Software bill of materials of the image, CycloneDX 1.6 as JSON: ``python .ci/sbom.py FILE``.

Made from ``deploy/runtime.lock``, from what is installed beside this and from the page's lock, by cyclonedx-python-lib,
which is no part of the lock. The file is validated before it is written.
"""

import sys
from pathlib import Path

from components import Component, page_components, python_components

try:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component as Part
    from cyclonedx.model.component import ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from packageurl import PackageURL
except ModuleNotFoundError:
    sys.exit("no cyclonedx-python-lib here: pip install 'cyclonedx-python-lib[json-validation]'")

import tomllib

from runtime_lock import ROOT


def main() -> int:
    """Write the file; 1 if it is not valid."""
    target = Path(sys.argv[1])
    parts = [*python_components(), *page_components()]
    text = JsonV1Dot6(bill(parts)).output_as_string(indent=1)
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        print(f"the bill is not valid CycloneDX 1.6: {error}")
        return 1
    target.write_text(text, encoding="utf-8")
    kinds = {kind: sum(part.kind == kind for part in parts) for kind in ("pypi", "npm")}
    print(f"{target}: {len(parts)} components ({kinds['pypi']} of Python, {kinds['npm']} of the page), valid")
    return 0


def bill(parts: list[Component]) -> Bom:
    """Bill of the parts, with what each of them needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = Part(
        name="sonoplace",
        version=project["version"],
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_from_string(project["license"])],
        bom_ref="sonoplace",
    )
    bom = Bom()
    bom.metadata.component = whole
    made = {(part.kind, part.name): as_component(part) for part in parts}
    for component in made.values():
        bom.components.add(component)
    needed = {("pypi", name) for part in parts for name in part.needs}
    bom.register_dependency(whole, [made[key] for key in made if key not in needed])
    for part in parts:
        inside = [made["pypi", name] for name in part.needs if ("pypi", name) in made]
        bom.register_dependency(made[part.kind, part.name], inside)
    return bom


def as_component(part: Component) -> Part:
    """A part in the terms of CycloneDX."""
    return Part(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(part.purl),
        bom_ref=part.purl,
        licenses=[LicenseFactory().make_from_string(part.licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=value) for value in part.hashes],
    )


if __name__ == "__main__":
    sys.exit(main())
