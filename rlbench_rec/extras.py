"""Packages that only some features need, and the extra of this package that installs them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from .errors import MissingExtraError
from .packaged import packaged

NAME = "rlbench-rec"


@dataclass(frozen=True)
class Extra:
    """A group of optional packages.

    Attributes:
        purpose: what needs them.
        modules: what they are imported as, apart from those of extras that this one includes.
    """

    purpose: str
    modules: tuple[str, ...]


EXTRAS = {
    "train": Extra("training, fitted Q evaluation and export", ("torch", "d3rlpy", "safetensors")),
    "baselines": Extra("als and bpr, baselines of matrix factors", ("implicit",)),
    "docs": Extra("the documentation as a site", ("mkdocs",)),
    "export": Extra("policies as ONNX files", ("onnx", "onnxscript", "onnxruntime")),
    "online": Extra("reference policies that learn in a simulated shop", ("stable_baselines3",)),
    "perf": Extra("asv's benchmarks", ("asv",)),
    "ray": Extra("work on a Ray cluster", ("ray",)),
    "report": Extra("reports as HTML", ("jinja2",)),
    "serve": Extra("policies in service, and their HTTP example", ("fastapi", "uvicorn", "onnxruntime")),
    "tune": Extra("searches over settings", ("optuna",)),
}


def require(extra: str, what: str, *, where: str | None = None) -> None:
    """Refuse a feature whose packages are not installed; call it before importing them.

    It looks for the packages and imports nothing: one that is there but broken fails with its own error.

    Args:
        extra: a key of `EXTRAS`.
        what: the feature, as the subject of "... needs torch".
        where: as in `RlbenchError`.

    Raises:
        MissingExtraError: a package of the extra is not installed.
    """
    missing = [name for name in EXTRAS[extra].modules if not is_installed(name)]
    if missing:
        names = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f"{what} needs {names}, which {verb} not installed.",
            where=where,
            hint=f"Install the extra: {install_command(extra)}.",
        )


def is_installed(module: str) -> bool:
    """Whether a top-level module can be found. One that is blocked, by a finder or by None in `sys.modules`, cannot."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def install_command(extra: str) -> str:
    """How to install an extra the way that this package was: from the checkout that it runs from, from the wheel that
    it was installed of, else from an index."""
    if (folder := checkout()) is not None:
        return f'pip install -e "{folder}[{extra}]"'
    if wheel := _wheel():
        return f'pip install "{NAME}[{extra}] @ {wheel}"'
    return f'pip install "{NAME}[{extra}]"'


def checkout() -> Path | None:
    """The folder of the repository that the package runs from; None where it was installed as a wheel."""
    folder = packaged("pyproject.toml")
    return folder.parent if folder.is_file() else None


def _wheel() -> str:
    """The address of the file that the package was installed from, by pip's own record; empty where it was an index."""
    # Asked for only where something is missing.
    import json
    from importlib import metadata

    try:
        record = metadata.distribution(NAME).read_text("direct_url.json")
        return str(json.loads(record)["url"]) if record else ""
    except (metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        return ""
