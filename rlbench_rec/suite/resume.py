"""Whether a folder holds a run of the same suite: resuming another one would mix two runs in one board."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..parsing import validated
from ..results.data_identity import MANIFEST
from ..results.manifest import without_home
from .config import dataset_name, task_name
from .store import is_empty

if TYPE_CHECKING:
    from .config import Suite
    from .kinds.estimators.config import EstimatorSuite

NAMES: Mapping[str, Callable[[str], str]] = {"dataset": dataset_name, "counterpart": dataset_name, "task": task_name}
"""Settings that may be paths -> what is the same wherever the file lies."""
MOST_SHOWN = 3
NOT_COMPARED = ("description", "job_timeout", "seeds", "replicates", "logs", "sizes")


def refuse_other_run(folder: Path, suite: Suite | EstimatorSuite) -> None:
    """Raise an InputError where a folder holds no run, or one of another suite; its seeds may be fewer.

    A suite stays the same where its raw files are moved or its description is reworded.
    """
    if is_empty(folder):
        hint = "Check --out, or leave --resume out to start a run."
        raise InputError("There is no run here to resume.", where=str(folder), hint=hint)
    there = _config(folder)
    here = without_home(suite.model_dump(mode="json"))
    with contextlib.suppress(InputError):
        # What an older version did not write has its default.
        there = validated(there, type(suite), MANIFEST).model_dump(mode="json")
    # A suite of another name or kind differs in everything else too.
    name_there, name_here = ({key: config.get(key) for key in ("kind", "name")} for config in (there, here))
    found = list(differences(name_there, name_here)) or list(differences(compared(there), compared(here)))
    found += _fewer(there, here) if not found else []
    if found:
        hint = "Give the suite that was begun here, or another folder."
        raise InputError(f"The run here is of another suite: {in_short(found)}.", where=str(folder), hint=hint)


def _config(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    hint = "Give the folder of a run, or leave --resume out and give a new one."
    try:
        config = json.loads(path.read_text(encoding="utf-8"))["config"]
    except FileNotFoundError:
        raise InputError(f"There is no run here to resume (no {MANIFEST}).", where=str(folder), hint=hint) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"It does not say which run this is ({error}).", where=str(path), hint=hint) from error
    if not isinstance(config, dict):
        raise InputError("It does not say which run this is.", where=str(path), hint=hint)
    return config


def in_short(found: list[str]) -> str:
    """The first differences, and how many more there are."""
    more = f"; and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return "; ".join(found[:MOST_SHOWN]) + more


def compared(config: dict[str, Any]) -> dict[str, Any]:
    """What of a suite must be the same when its run goes on."""
    kept = {key: value for key, value in config.items() if key not in NOT_COMPARED}
    sources = kept.get("sources")
    if isinstance(sources, list):
        kept["sources"] = [_without_places(source) if isinstance(source, dict) else source for source in sources]
    return kept


def _without_places(source: dict[str, Any]) -> dict[str, Any]:
    """A source without the folders in which its files lie."""
    named = {key: name(source[key]) for key, name in NAMES.items() if isinstance(source.get(key), str)}
    return {key: value for key, value in source.items() if key != "data"} | named


def differences(there: Any, here: Any, where: str = "") -> Iterator[str]:
    """`steps is 2000 there and 300 here`, one a setting in which two configs differ."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys([*there, *here]):
            yield from differences(there.get(key), here.get(key), f"{where}.{key}" if where else key)
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for number, pair in enumerate(zip(there, here, strict=True)):
            yield from differences(*pair, f"{where}.{number}")
    elif there != here:
        yield f"{where} is {_short(there)} there and {_short(here)} here"


def _short(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return f"{len(value)} of them"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fewer(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """What must only grow, and did not: the rows of the seeds that are gone would vanish from the board."""
    fewer = []
    seeds, now = there.get("seeds"), here.get("seeds") or []
    if seeds is not None and now[: len(seeds)] != seeds:
        fewer.append(f"seeds are {seeds} there and {now} here, and they may only grow")
    elif seeds is not None and now != seeds and there.get("replicates", 1) > 1:
        # Each replicate goes on from the largest seed of the one before.
        fewer.append(f"seeds are {seeds} there and {now} here, and with replicates they stay")
    for name in ("replicates", "logs"):
        number, now = there.get(name), here.get(name)
        if isinstance(number, int) and isinstance(now, int) and now < number:
            fewer.append(f"{name} are {number} there and {now} here, and they may only grow")
    logs, now = there.get("logs"), here.get("logs") or []
    if isinstance(logs, list) and (len(now) != len(logs) or any(a > b for a, b in zip(logs, now, strict=True))):
        fewer.append(f"logs are {logs} there and {now} here, and they may only grow")
    return fewer
