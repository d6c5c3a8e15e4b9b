"""What a stored result was made with: resuming keeps it only where all of that is the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..results.manifest import code_identity, versions
from .fingerprints import UNKNOWN
from .plan import Job

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "d3rlpy", "gymnasium", "duckdb", "pyarrow")
"""What a number may depend on."""
PARTS = {
    "settings": "other settings",
    "shop": "another shop",
    "data": "other data",
    "card": "another card",
    "counterpart": "another counterpart",
    "reference": "another reference policy",
    "code": "another version of rlbench-rec",
    "libraries": "other versions of libraries",
    "device": "another device",
    "plugins": "another version of a plugin",
}
"""Part of a stamp -> what is said of a result where it differs."""

Stamp = dict[str, Any]


def circumstances(device: str, plugins: dict[str, str]) -> Stamp:
    """What all jobs of a run have in common: device, code, libraries, and what identifies the plugins."""
    return {"device": device, "plugins": plugins} | made_with()


def made_with() -> Stamp:
    """Code and libraries of this process."""
    return {"code": code_identity(), "libraries": versions(LIBRARIES)}


def stamp_of(job: Job, common: Stamp) -> Stamp:
    """Everything that a job's result depends on."""
    return {"name": job.name, "settings": job.config_hash, "seed": job.seed} | asdict(job.content) | common


def difference(stored: Stamp, wanted: Stamp) -> str:
    """In which respect two stamps differ, in words; empty where they do not."""
    # The hash of the settings holds the content too, so the content is looked at first.
    order = [*(part for part in PARTS if part != "settings"), "settings"]
    return next((PARTS[part] for part in order if stored.get(part) != wanted.get(part) or wanted[part] == UNKNOWN), "")
