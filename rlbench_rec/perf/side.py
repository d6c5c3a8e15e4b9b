"""One side of a comparison: the files of a commit, whose benchmarks are run by asv's own script, each in a process."""

from __future__ import annotations

import importlib.util
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .repository import CONFIG

SAMPLES = {"repeat": [1, 5, 1.0]}
"""At most five samples, or a second of them: noise shows between processes more than within one."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
WHERE_FROM = """
import sys
from importlib.util import find_spec
for name in sys.argv[1:]:
    print(name, find_spec(name).origin)
"""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark with one choice of its parameters.

    Attributes:
        label: its name, with the parameters in parentheses: `bench_ope.Bounds.time_interval('betting')`.
        id: what asv's script calls it.
        name: without parameters.
        unit: of what it measures.
        version: asv's hash of its code.
        timeout: seconds.
        cache: key of the set-up that several share, if any.
    """

    label: str
    id: str
    name: str
    unit: str
    version: str
    timeout: float
    cache: str | None


class BenchmarkFailed(Exception):
    """A benchmark that raised an error or took too long; the text is the end of what it printed."""


class Side:
    """The files of a commit, ready to be measured.

    Args:
        name: as the user called the commit.
        tree: its files.
        scratch: an empty folder for what benchmarks write.

    Raises:
        InputError: its benchmarks cannot be listed, or its packages would be imported from somewhere else.
    """

    def __init__(self, name: str, tree: Path, scratch: Path):
        from asv.config import Config

        self.name, self.tree, self.scratch = name, tree, scratch
        if not (tree / CONFIG).is_file():
            raise InputError(f"There is no {CONFIG} in this commit.", where=name)
        config = Config.load(str(tree / CONFIG))
        self.folder = tree / config.benchmark_dir
        self.timeout = float(config.default_benchmark_timeout)
        # asv removes PYTHONPATH for its benchmarks, except for ASV_PYTHONPATH.
        self.environment = os.environ | ONE_THREAD | {"ASV_PYTHONPATH": str(tree), "PYTHONPATH": str(tree)}
        self._caches: dict[str, Path | BenchmarkFailed] = {}
        self._check_imports()
        self.benchmarks = self._discover()

    def measure(self, benchmark: Benchmark) -> float:
        """One figure from a fresh process; NaN where the benchmark skips itself.

        Of several timings it is the least: other work on the machine only adds to them.

        Raises:
            BenchmarkFailed: it, or the set-up it shares, failed or took too long.
        """
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            result = Path(folder, "result.json")
            where = self._cache(benchmark) if benchmark.cache else Path(folder)
            self._asv("run", benchmark.id, json.dumps(SAMPLES), "None", str(result), cwd=where, of=benchmark)
            value = json.loads(result.read_text())
        value = min(value["samples"]) if isinstance(value, dict) else value
        if not isinstance(value, int | float):
            raise BenchmarkFailed(f"It gave {type(value).__name__} rather than a number.")
        return float(value)

    def _cache(self, benchmark: Benchmark) -> Path:
        """The folder in which the set-up that benchmarks share has run, once."""
        key = str(benchmark.cache)
        if key not in self._caches:
            folder = Path(tempfile.mkdtemp(dir=self.scratch))
            self._caches[key] = folder
            try:
                self._asv("setup_cache", benchmark.id, "{}", cwd=folder, of=benchmark)
            except BenchmarkFailed as error:
                self._caches[key] = error
        cache = self._caches[key]
        if isinstance(cache, BenchmarkFailed):
            raise cache
        return cache

    def _asv(self, command: str, *arguments: str, cwd: Path, of: Benchmark) -> None:
        line = [sys.executable, _script(), command, str(self.folder), *arguments]
        try:
            done = subprocess.run(
                line,
                cwd=cwd,
                env=self.environment,
                timeout=of.timeout,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except subprocess.TimeoutExpired as error:
            raise BenchmarkFailed(f"It took more than {of.timeout:g} seconds.") from error
        if done.returncode:
            raise BenchmarkFailed(_last_line(done.stdout) or f"It ended with exit status {done.returncode}.")

    def _check_imports(self) -> None:
        """Every package at the top of the tree must be imported from there, not from what is installed."""
        names = sorted(path.parent.name for path in self.tree.glob("*/__init__.py") if path.parent != self.folder)
        line = [sys.executable, "-c", WHERE_FROM, *names]
        done = subprocess.run(line, cwd=self.scratch, env=self.environment, capture_output=True, text=True, check=True)
        for name, origin in (text.split(" ", 1) for text in done.stdout.splitlines()):
            if not Path(origin).resolve().is_relative_to(self.tree.resolve()):
                what = f"`import {name}` gives {origin}, not the commit's own files."
                raise InputError(what, where=self.name, hint="Rename the package, or uninstall what hides it.")

    def _discover(self) -> dict[str, Benchmark]:
        if not self.folder.is_dir():
            raise InputError(f"Its folder of benchmarks, {self.folder.name}, is missing.", where=self.name)
        result = self.scratch / "benchmarks.json"
        line = [sys.executable, _script(), "discover", str(self.folder), str(result)]
        done = subprocess.run(
            line, cwd=self.scratch, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            what = f"The benchmarks cannot be imported: {_last_line(done.stdout)}"
            raise InputError(what, where=self.name, hint="Run `asv check -E existing` in that commit.")
        listed = json.loads(result.read_text())
        return {variant.label: variant for entry in listed for variant in _variants(entry, self.timeout)}


def _variants(entry: dict[str, Any], timeout: float) -> list[Benchmark]:
    name, variants = entry["name"], []
    combinations = itertools.product(*entry["params"]) if entry["params"] else [None]
    for place, parameters in enumerate(combinations):
        variants.append(
            Benchmark(
                label=name if parameters is None else f"{name}({', '.join(parameters)})",
                id=name if parameters is None else f"{name}-{place}",
                name=name,
                unit=entry["unit"],
                version=str(entry.get("version", "")),
                timeout=float(entry.get("timeout") or timeout),
                cache=entry.get("setup_cache_key"),
            )
        )
    return variants


def usable(value: float) -> bool:
    """Whether a ratio can be made of it."""
    return math.isfinite(value) and value > 0


def _script() -> str:
    """What asv itself starts for each benchmark; asv must be installed."""
    spec = importlib.util.find_spec("asv")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).with_name("benchmark.py"))


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
