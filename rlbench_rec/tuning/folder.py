"""The folder of a search: what was tried, in which spaces, and what was chosen. From `trials.csv` a search goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..events.infer.card.card_text import line
from ..files import write_text
from ..parsing import read_json
from ..plugins import identities
from ..results.data_identity import MANIFEST, DataHashes
from ..results.manifest import manifest, without_home
from ..results.read import read_table
from ..results.schema import TRIALS
from ..results.write import write_json, write_rows, write_table
from ..suite.config import Suite
from ..suite.fingerprints import content_of
from ..suite.plan import frame
from ..suite.resume import compared, differences, in_short
from ..suite.tuned import CHOSEN, Choice, Chosen
from .search import Search
from .space import Range
from .trial import Outcome

TRIALS_FILE, SPACES_FILE, TIMINGS_FILE = "trials.csv", "spaces.toml", "timings.csv"
TRIAL_KEYS = ("source", "algorithm", "trial")
TIMINGS = (*TRIAL_KEYS, "seconds")
HINT = "Give the search that was begun here, or another folder."
DAMAGED = "Restore the file, or begin again in another folder."


def config_of(suite: Suite, searches: Sequence[Search], trials: int) -> dict[str, Any]:
    """What a search is: its suite, trials and spaces, and what is in the sources that it looks at."""
    contents = {search.job.place: search.job.source for search in searches}
    return {
        "suite": compared(without_home(suite.model_dump(mode="json"))),
        "trials": trials,
        "spaces": {search.name: _plain_space(search) for search in searches},
        "sources": {place: asdict(content_of(source)) for place, source in contents.items()},
    }


def refuse_other_search(folder: Path, config: dict[str, Any]) -> None:
    """Raise an InputError where a folder holds no search, or another one than `config` says."""
    if not (folder / MANIFEST).is_file():
        hint = "Check --out, or leave --resume out to start a search."
        raise InputError("There is no search here to resume.", where=str(folder), hint=hint)
    content = read_json(folder / MANIFEST, "manifest")
    there = content.get("config") if isinstance(content, dict) else None
    if not isinstance(there, dict) or "spaces" not in there:
        raise InputError("What is here is not a search.", where=str(folder), hint=HINT)
    if found := list(differences(there, json.loads(json.dumps(config)))):
        raise InputError(f"The search here is another one: {in_short(found)}.", where=str(folder), hint=HINT)


def write_plan(
    folder: Path,
    config: dict[str, Any],
    searches: Sequence[Search],
    command_line: list[str] | None,
    device: str,
    *,
    complete: bool = False,
) -> None:
    """manifest.json and spaces.toml: before any work, so that the folder says whose trials it holds."""
    plugins = identities(config["suite"])
    content = manifest(config, DataHashes({}, {}), command_line, device, complete, plugins)
    write_json(content, folder / MANIFEST)
    tables = []
    for algorithm, search in sorted({search.key[1]: search for search in reversed(searches)}.items()):
        settings = [line(name, values) for name, values in _plain_space(search).items()]
        tables.append("\n".join(["[[spaces]]", line("algorithms", [algorithm]), "[spaces.settings]", *settings]))
    write_text(folder / SPACES_FILE, _headed("What was tried", tables))


def read_outcomes(folder: Path, searches: Sequence[Search]) -> None:
    """Give each search the trials of trials.csv, and their times.

    Raises:
        InputError: the file is damaged: cells of another kind, or a trial without those before it.
    """
    if not (folder / TRIALS_FILE).is_file():
        return
    path = folder / TRIALS_FILE
    table, seconds = read_table(path, TRIALS, TRIAL_KEYS), _seconds(folder)
    by_key = {search.key: search for search in searches}
    for row in table.sort_values(["trial"], kind="stable").to_dict("records"):
        search = by_key.get((row["source"], row["algorithm"]))
        if search is None or row["trial"] != len(search.outcomes):
            what = f"Trial {row['trial']} of {row['algorithm']} on {row['source']} does not belong here."
            raise InputError(what, where=str(path), hint=HINT)
        try:
            outcome = _outcome(row, seconds.get((*search.key, int(row["trial"])), float("nan")))
        except (TypeError, ValueError) as error:
            what = f"Trial {row['trial']} of {row['algorithm']} on {row['source']} cannot be read ({error})."
            raise InputError(what, where=str(path), hint=DAMAGED) from error
        search.outcomes.append(outcome)


def write_outcomes(folder: Path, searches: Sequence[Search]) -> None:
    """trials.csv, in the order of searches and trials, whatever the order in which they were done; timings.csv."""
    numbered = [(search, number) for search in searches for number in range(len(search.outcomes))]
    rows = [_row(search, number, search.outcomes[number]) for search, number in numbered]
    write_table(frame(rows, TRIALS), TRIALS, folder / TRIALS_FILE)
    times = [
        dict(zip(TIMINGS, (*search.key, number, f"{search.outcomes[number].seconds:.3f}"), strict=True))
        for search, number in numbered
    ]
    write_rows(folder / TIMINGS_FILE, times, TIMINGS)


def write_chosen(folder: Path, searches: Sequence[Search]) -> list[Chosen]:
    """chosen.toml: of each search that has trials, the best by each of the two ways to tell."""
    chosen = [search.chosen() for search in searches if search.outcomes and not search.left_out]
    tables = []
    for one in chosen:
        head = [line(name, getattr(one, name)) for name in ("source", "algorithm", "trials", "estimator")]
        ways = [("by_estimate", one.by_estimate), ("by_truth", one.by_truth)]
        parts = [f"[chosen.{name}]\n{_choice(choice)}" for name, choice in ways if choice is not None]
        tables.append("\n".join(["[[chosen]]", *head, *parts]))
    write_text(folder / CHOSEN, _headed("What was chosen", tables))
    return chosen


def _headed(what: str, tables: Sequence[str]) -> str:
    return "\n\n".join([f"# {what} by `rlbench tune`; see docs/tuning.md.", *tables]) + "\n"


def _choice(choice: Choice) -> str:
    fields = choice.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | {"trial": choice.trial}
    return "\n".join(line(name, fields[name]) for name in Choice.model_fields if name in fields)


def _plain_space(search: Search) -> dict[str, Any]:
    return {
        name: values.model_dump(exclude_defaults=True) if isinstance(values, Range) else list(values)
        for name, values in search.space.settings.items()
    }


def _row(search: Search, number: int, outcome: Outcome) -> dict[str, Any]:
    place, algorithm = search.key
    curve = " ".join(f"{step}:{score!r}" for step, score in outcome.curve)
    settings = json.dumps(outcome.settings)
    columns = {name: value for name, value in vars(outcome).items() if name in TRIALS}
    return columns | {"source": place, "algorithm": algorithm, "trial": number, "settings": settings, "curve": curve}


def _outcome(row: dict[Any, Any], seconds: float) -> Outcome:
    settings = json.loads(row["settings"])
    if not isinstance(settings, dict):
        raise ValueError(f"settings are {row['settings']}")
    points = (point.split(":") for point in row["curve"].split())
    columns = {name: row[name] for name in ("form", "status", "estimator", "estimate", "ci_low", "verdict", "truth")}
    curve = tuple((int(step), float(score)) for step, score in points)
    return Outcome(settings, curve=curve, seconds=seconds, **columns)


def _seconds(folder: Path) -> dict[tuple[str, str, int], float]:
    import csv

    path = folder / TIMINGS_FILE
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return {
                (row["source"], row["algorithm"], int(row["trial"])): float(row["seconds"])
                for row in csv.DictReader(stream)
            }
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise InputError("It is not a table of times.", where=str(path), hint=DAMAGED) from error
