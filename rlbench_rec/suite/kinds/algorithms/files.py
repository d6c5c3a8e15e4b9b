"""Rows of a suite that are files of recommendations: `id = "file:recs.parquet"`."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

from ....errors import DataWarning, InputError
from ....policies import Allowed, Policy
from ....policies.registry import FILE
from ....toml_places import at
from ...config import AlgorithmSpec, Suite
from ...sources import Loaded


def file_of(spec: AlgorithmSpec) -> Path | None:
    """The file that a row names, from the working folder on; None where it names none."""
    return Path(spec.id.removeprefix(FILE)) if spec.id.startswith(FILE) else None


def names_files(suite: Suite) -> bool:
    """Whether a row is a file, so that logs have to keep the ids of sessions and users."""
    return any(file_of(spec) for spec in suite.algorithms)


def identity(spec: AlgorithmSpec) -> str:
    """SHA-256 of the file that a row names; `unknown` where it cannot be read, empty where the row names none."""
    path = file_of(spec)
    if path is None:
        return ""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "unknown"


def check_files(suite: Suite) -> None:
    """Read the files before any work starts.

    Raises:
        MissingFileError, InputError: as `read_recommendations`; or no source is a log whose sessions have names.
    """
    from ....baselines.recommendation_file import read_recommendations

    for number, spec in enumerate(suite.algorithms):
        path = file_of(spec)
        if path is None:
            continue
        with at("algorithms", number, "id"):
            if not any(source.dataset for source in suite.sources):
                what = "A file of recommendations is for the sessions of a log, and the suite has tasks alone."
                raise InputError(what, where=str(path), hint="Name a data set among the sources.")
            read_recommendations(path)


def warn_of_uncovered(policy: Policy, loaded: Loaded, place: str) -> None:
    """A DataWarning where a file leaves decisions of the test side out."""
    from ....baselines.recommendations import Recommended

    inner = policy.policy if isinstance(policy, Allowed) else policy
    if isinstance(inner, Recommended) and (share := inner.coverage(loaded.test)) < 1.0:
        what = f"it recommends something for {share:.1%} of the test decisions of {place}; the others get popularity"
        warnings.warn(f"{policy.name}: {what}.", DataWarning, stacklevel=2)
