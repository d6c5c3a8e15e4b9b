"""All that is asked of a machine with a GPU, in one command that brings its own wheels.

    python -m studies.gpu_report wheels --python 3.12       # where there is a network, once
    python -m studies.gpu_report wheels --out gpu           # on the machine, in a checkout, the wheels carried there

The first gathers what training and its tests need, in the versions that are installed here and without PyTorch, which
the machine has with its CUDA. The second installs them into a folder of their own, beside the machine's PyTorch, and
runs `pytest -m gpu`, the table of loops at batches of 256 and 4,096, and the quick suite on the GPU, each with its own
log in the output folder. One that fails does not keep the others from running; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "rlbench-rec"
WANTED: tuple[tuple[str, str], ...] = ((PACKAGE, "train"), ("pytest", ""), ("pytest-xdist", ""), ("hypothesis", ""))
"""Packages, and an extra of each."""
OF_TORCH = re.compile(r"torch|triton|nvidia-.*|cuda-.*|cupy-.*")
"""What comes with the machine's PyTorch."""
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 24, 17, 12, 5)] + ["manylinux2014_x86_64"]
PIP = [sys.executable, "-m", "pip", "-q", "--no-input", "--disable-pip-version-check"]
MINUTES = 8


@dataclass(frozen=True)
class Stage:
    """One thing that is asked.

    Attributes:
        name: of its log.
        command: what is run, after the interpreter.
    """

    name: str
    command: Sequence[str]


def stages(out: Path, device: str = "cuda") -> list[Stage]:
    """What is run, in this order.

    Args:
        out: folder of logs and results.
        device: of training.
    """
    suite = ["-m", "rlbench_rec", "run", "--device", device, "--out", str(out / "quick")]
    return [
        Stage("tests", ["-m", "pytest", "-q", "-n", "0", "-m", "gpu", "tests/training"]),
        Stage("loops", ["-m", "studies.loops_table", "--device", device, "--batches", "256", "4096"]),
        Stage("quick", suite),
    ]


def needed(wanted: Iterable[tuple[str, str]] = WANTED) -> dict[str, str]:
    """Name -> version of installed packages and of all that they need here, without the package itself and what comes
    with PyTorch.

    Args:
        wanted: names, and an extra of each.

    Raises:
        importlib.metadata.PackageNotFoundError: one is not installed.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    waiting = list(wanted)
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for requirement in map(Requirement, importlib.metadata.requires(name) or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            other = canonicalize_name(requirement.name)
            asked = {(other, part) for part in ("", *requirement.extras)} - seen
            if not OF_TORCH.fullmatch(other):
                seen |= asked
                waiting += asked
    return {name: importlib.metadata.version(name) for name in sorted({name for name, _ in seen} - {PACKAGE})}


def gather(wheels: Path, python: str, without: Sequence[str]) -> None:
    """A wheel of everything that is needed: downloaded, or built where there is none to download.

    Args:
        wheels: folder for them.
        python: version of the machine's interpreter, as 3.12.
        without: names of what the machine has.
    """
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    there = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *platforms]
    for name, version in needed().items():
        if name in without:
            continue
        download = ["download", "--no-deps", *there, "-d", str(wheels), f"{name}=={version}"]
        if subprocess.run([*PIP, *download], capture_output=True, check=False).returncode:
            subprocess.run([*PIP, "wheel", "--no-deps", "-w", str(wheels), f"{name}=={version}"], check=True)
    files = list(wheels.glob("*.whl"))
    size = sum(file.stat().st_size for file in files) / 2**20
    print(f"{len(files)} wheels in {wheels}, {size:.0f} MiB. Carry them there, and give --out.")


def run(wheels: Path, out: Path, device: str, minutes: float) -> list[str]:
    """Install the wheels and run every stage; gives the names of those that failed.

    Args:
        wheels: folder of wheels.
        out: folder of logs and results.
        device: of training.
        minutes: that a stage may take.
    """
    site = out / "site"
    site.mkdir(parents=True, exist_ok=True)
    files = sorted(map(str, wheels.glob("*.whl")))
    if not files:
        raise SystemExit(f"{wheels} holds no wheels: gather them where there is a network, without --out.")
    install = ["install", "--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(site), *files]
    subprocess.run([*PIP, *install], check=True)
    here = os.pathsep.join([str(Path.cwd()), str(site.resolve()), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": here, "PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg"}
    failed = []
    for stage in stages(out, device):
        started, log = time.perf_counter(), out / f"{stage.name}.log"
        with log.open("w") as stream:
            code = _exit_code([sys.executable, *stage.command], environment, stream, minutes)
        print(f"{stage.name}: exit code {code} after {time.perf_counter() - started:.0f} s, {log}", flush=True)
        if code:
            failed.append(stage.name)
    return failed


def _exit_code(command: list[str], environment: dict[str, str], stream: object, minutes: float) -> int:
    try:
        done = subprocess.run(
            command, env=environment, stdout=stream, stderr=subprocess.STDOUT, timeout=60 * minutes, check=False
        )
    except subprocess.TimeoutExpired:
        return 124
    return done.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, help="folder of wheels")
    parser.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="of the machine")
    parser.add_argument("--without", nargs="*", default=[], help="packages that the machine has")
    parser.add_argument("--out", type=Path, help="install the wheels, measure, and write here")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="that a stage may take")
    options = parser.parse_args()
    if options.out is None:
        gather(options.wheels, options.python, options.without)
        return 0
    return int(bool(run(options.wheels, options.out, options.device, options.minutes)))


if __name__ == "__main__":
    raise SystemExit(main())
