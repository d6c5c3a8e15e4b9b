"""asv on the present environment, saved under the commit that is checked out."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..extras import require
from .comparing import pattern
from .repository import CONFIG, Repository
from .side import ONE_THREAD


@dataclass(frozen=True)
class AsvRun:
    """What asv measured.

    Attributes:
        path: asv's file of results; None where nothing was measured.
        measured, failed: how many benchmarks, each choice of parameters counted.
    """

    path: Path | None
    measured: int
    failed: int

    @property
    def exit_code(self) -> int:
        """2: a benchmark failed; 3: none was measured; 0: else."""
        return 2 if self.failed else 0 if self.measured else 3


def run(repository: Repository, *, bench: str = "", quiet: bool = False) -> AsvRun:
    """Run the benchmarks by asv, which prints as it goes, and count what its file of results holds.

    Args:
        repository: no tracked file may be changed, since asv saves under HEAD.
        bench: regular expression; only benchmarks whose name with parameters matches it.
        quiet: what asv prints goes to stderr, so that stdout holds the result alone.

    Raises:
        InputError: a changed file, or a bad expression.
        MissingExtraError: asv is not installed.
    """
    from asv.config import Config

    require("perf", "Measuring speed")
    pattern(bench)
    repository.refuse_changes()
    commit, started = repository.commit("HEAD"), time.time()
    arguments = ["run", "--python=same", f"--set-commit-hash={commit}", *(["--bench", bench] if bench else [])]
    if not Path("~/.asv-machine.json").expanduser().exists():
        _asv(repository, "machine", "--yes", quiet=quiet)
    _asv(repository, *arguments, quiet=quiet)
    results = repository.root / Config.load(str(repository.root / CONFIG)).results_dir
    written = [path for path in results.glob(f"*/{commit[:8]}-existing*.json") if path.stat().st_mtime >= started]
    if not written:
        return AsvRun(None, 0, 0)
    path = max(written, key=lambda path: path.stat().st_mtime)
    return AsvRun(path, *count(json.loads(path.read_text()), started))


def count(saved: dict[str, Any], started: float) -> tuple[int, int]:
    """How many benchmarks asv's results say were measured, and how many failed, since a time in seconds.

    asv adds to the file of earlier runs of a commit. For each choice of parameters there is a number, NaN where the
    benchmark skips itself, or None where it failed.
    """
    measured = failed = 0
    for entry in saved["results"].values():
        row = dict(zip(saved["result_columns"], entry, strict=False))
        if row.get("started_at", 0) >= 1000 * started - 1:
            values = row["result"] or [None] * math.prod(map(len, row["params"]))
            failed += sum(value is None for value in values)
            measured += sum(value is not None and value == value for value in values)
    return measured, failed


def _asv(repository: Repository, *arguments: str, quiet: bool) -> int:
    """asv removes PYTHONPATH for its benchmarks, except for ASV_PYTHONPATH."""
    root = str(repository.root)
    environment = os.environ | ONE_THREAD | {"ASV_PYTHONPATH": root, "PYTHONPATH": root}
    line, to = [sys.executable, "-m", "asv", *arguments], sys.stderr if quiet else None
    return subprocess.run(line, cwd=root, env=environment, stdout=to).returncode
