"""The suite of a run that is on disk, out of its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError
from ..parsing import read_json, validated
from ..results.data_identity import MANIFEST
from .config import Suite
from .kinds.estimators.config import EstimatorSuite


def manifest_of(folder: Path) -> dict[str, Any]:
    """manifest.json of a run, with the suite's settings in `config`.

    Raises:
        MissingFileError: there is none.
        InputError: it cannot be read, or does not say which suite was run.
    """
    path = folder / MANIFEST
    manifest = read_json(path, "manifest", "Give a folder that `rlbench run` wrote.")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("config"), dict):
        raise InputError("The manifest does not say which suite was run.", where=str(path))
    return manifest


def suite_of(config: dict[str, Any], where: str) -> Suite | EstimatorSuite:
    """A suite from the `config` of a manifest, which holds all of it; `~` is this user's home folder.

    Raises:
        InputError: it is not one that this version knows.
    """
    model: type[Suite] | type[EstimatorSuite] = EstimatorSuite if config.get("kind") == "estimators" else Suite
    hint = "The version of rlbench-rec that wrote it reads it."
    return validated(_at_home(config), model, f"{where}: config", hint)


def _at_home(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _at_home(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_at_home(item) for item in value]
    return str(Path(value).expanduser()) if isinstance(value, str) and value.startswith("~/") else value
