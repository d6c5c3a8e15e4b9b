"""Print the lowest version of every package that pyproject.toml asks for, as constraints for pip.

    python .ci/lowest.py > lowest.txt
    pip install -e ".[test]" --constraint lowest.txt

torch is left out: its oldest builds are large, and which build is right depends on the machine.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
LEFT_OUT = ("rlbench-rec", "torch")
LOWEST = (">=", "==")


def constraints(project: dict) -> list[str]:
    """`name==version` for each requirement that has a lower limit, those of the extras included."""
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return sorted(
        f"{requirement.name}=={specifier.version}"
        for requirement in map(Requirement, texts)
        if requirement.name not in LEFT_OUT
        for specifier in requirement.specifier
        if specifier.operator in LOWEST
    )


if __name__ == "__main__":
    print("\n".join(constraints(tomllib.loads(PROJECT.read_text())["project"])))
