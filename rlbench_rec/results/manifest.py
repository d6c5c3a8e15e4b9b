"""manifest.json: what it takes to repeat a run, and nothing that names a person."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import __version__
from ..extras import is_installed
from ..machine import kernels, memory_gb, processor_name, usable_cores
from .data_identity import DataHashes
from .schema import SCHEMA_VERSION

PACKAGES = (
    "rlbench-rec",
    "d3rlpy",
    "torch",
    "gymnasium",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "duckdb",
    "pyarrow",
    "pydantic",
)


def manifest(
    config: dict[str, Any],
    hashes: DataHashes,
    command_line: list[str] | None,
    device: str,
    complete: bool,
    plugins: dict[str, str] | None = None,
    trains: bool = True,
) -> dict[str, Any]:
    """Commit, configuration, versions, machine, threads, determinism flags, data hashes and command line.

    Args:
        config: the whole suite, as plain JSON values.
        hashes: what is known of the data.
        command_line: as typed; None where the run was started from Python.
        device: what trained.
        complete: whether every job finished.
        plugins: modules from outside, and what identifies their code.
        trains: whether torch took part; else its GPU and flags are null, and it is not loaded to ask for them.
    """
    torch, memory = _torch() if trains else None, memory_gb()
    return {
        "schema_version": SCHEMA_VERSION,
        "complete": complete,
        "code": _commit() | {"package": code_identity()},
        "config": without_home(config),
        "versions": versions(),
        "plugins": plugins or {},
        "python": platform.python_version(),
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": platform.machine(),
            "cpu": processor_name(),
            "kernels": kernels(),
            "cores": usable_cores(),
            "memory_gb": None if memory is None else round(memory, 1),
            "gpu": torch.cuda.get_device_name(0) if torch and torch.cuda.is_available() else None,
        },
        "device": device,
        "threads_per_worker": 1,
        "determinism": {
            "deterministic_algorithms": torch and torch.are_deterministic_algorithms_enabled(),
            "cudnn_benchmark": torch and torch.backends.cudnn.benchmark,
            "python_hash_seed": os.environ.get("PYTHONHASHSEED"),
        },
        "data_sha256": hashes.data,
        "card_sha256": hashes.card,
        "command_line": without_home(command_line),
        "executable": Path(sys.executable).name,
    }


def _torch() -> ModuleType | None:
    if not is_installed("torch"):
        return None
    import torch

    return torch


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str | None]:
    """Package -> version; None where it is not installed."""
    return {name: package_version(name) for name in packages}


def code_identity() -> dict[str, str | None]:
    """Which code made a number: the package's version; in a checkout the last commit that touched the package (a commit
    of documents leaves it as it is); and a hash of its files where no commit says what is in them."""
    package = Path(__file__).resolve().parents[1]
    clean = _commit()["commit"] and _git(package, "status", "--porcelain", "--", ".") == ""
    commit = (_git(package, "log", "-1", "--format=%H", "--", ".") or None) if clean else None
    return {"version": __version__, "commit": commit, "files": None if commit else _files_sha256(package)}


def _files_sha256(package: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(
            f"{file.relative_to(package).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def without_home(value: Any) -> Any:
    """The same JSON value with `~` for the home folder, whose name is a person's."""
    if isinstance(value, dict):
        return {key: without_home(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_home(item) for item in value]
    if isinstance(value, str):
        # Where nobody has a home (a container's random user), there is nothing to hide.
        with contextlib.suppress(RuntimeError):
            return re.sub(re.escape(str(Path.home())) + r"(?=/|\\|$)", "~", value)
    return value


def _commit() -> dict[str, Any]:
    """The checkout this package runs from; nulls where it runs from an installed wheel or without git."""
    folder = Path(__file__).resolve().parent
    commit = _git(folder, "rev-parse", "HEAD")
    # A wheel inside somebody else's checkout is not at that checkout's commit.
    tracked = commit and _git(folder, "ls-files", "--error-unmatch", Path(__file__).name)
    if not tracked:
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def package_version(name: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
