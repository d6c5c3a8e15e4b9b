"""True values that were played already, in this process or in a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..files import make_folder, write_text
from .identity import TaskIdentity
from .true_values import TrueValue


@dataclass(frozen=True)
class TruthKey:
    """Everything that a true value depends on.

    The versions of Python and numpy are not part of it: another numpy may round an exponential differently and so move
    one user in a million, far less than the standard error that is kept beside the value.

    Attributes:
        task: the shop.
        policy: the shop's name of the policy; an object does not have a name that another process could rely on.
        relative_error, seed, gamma: arguments of `Task.true_value`.
    """

    task: TaskIdentity
    policy: str
    relative_error: float
    seed: int
    gamma: float

    @property
    def digest(self) -> str:
        """SHA-256 of the whole key, in hex."""
        content = [self.task.digest, self.policy, self.relative_error, self.seed, self.gamma]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def remembered(
    key: TruthKey, memory: dict[TruthKey, TrueValue], folder: str | Path | None, play: Callable[[], TrueValue]
) -> TrueValue:
    """The value kept under a key, or a new one from `play`, kept from now on.

    Args:
        key: everything that the value depends on.
        memory: values of this process.
        folder: where values are kept as `<digest of the key>.json` from one process to the next; None: nowhere.
        play: makes the value.

    Raises:
        OutputError: the folder cannot be written.
    """
    file = Path(folder) / f"{key.digest}.json" if folder is not None else None
    kept = _read(file) if file else None
    value = kept or memory.get(key) or play()
    if file and not kept:
        _write(file, key, value)
    memory[key] = value
    return value


def _read(file: Path) -> TrueValue | None:
    """The value in a file, or None where the file is missing or cannot be used; it is then written anew."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        metrics = {name: (float(mean), float(error)) for name, (mean, error) in kept["metrics"].items()}
        return TrueValue(float(kept["value"]), float(kept["std_error"]), int(kept["episodes"]), metrics)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None


def _write(file: Path, key: TruthKey, value: TrueValue) -> None:
    content = {"task": key.task.label, "policy": key.policy, **asdict(value)}
    make_folder(file.parent)
    write_text(file, json.dumps(content))
