"""True values that were played before, in this process or in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import OutputError
from ..files import write_text
from .truth import TrueValue

_MEMORY: dict[str, TrueValue] = {}


def remembered(key: str | None, folder: str | Path | None, play: Callable[[], TrueValue]) -> TrueValue:
    """The value kept under a key, or a new one from `play`, kept from now on; without a key it is always played.

    Args:
        key: hash of everything that the value depends on.
        folder: where values are kept as `<key>.json`; None: in this process only.
        play: makes the value.

    Raises:
        OutputError: the folder cannot be written.
    """
    if key is None:
        return play()
    file = Path(folder) / f"{key}.json" if folder is not None else None
    kept = _read(file) if file else None
    value = kept or _MEMORY.get(key) or play()
    if file and not kept:
        _write(file, value)
    _MEMORY[key] = value
    return value


def _read(file: Path) -> TrueValue | None:
    """The value in a file, or None where there is none that can be used: it is then written anew."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        metrics = {name: (float(mean), float(error)) for name, (mean, error) in kept["metrics"].items()}
        return TrueValue(float(kept["value"]), float(kept["std_error"]), int(kept["episodes"]), metrics)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(file: Path, value: TrueValue) -> None:
    kept = {"value": value.value, "std_error": value.std_error, "episodes": value.episodes, "metrics": value.metrics}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"A true value cannot be kept ({error.strerror}).", where=str(file.parent)) from error
    write_text(file, json.dumps(kept))
