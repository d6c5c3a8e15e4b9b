"""Which rows of several tasks are one policy: forms whose parameter, or which themselves, were set task by task."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

from .row_names import FORMS_WITH_A_NUMBER, GREEDY, REFERENCE, is_best

CHOSEN = "chosen"
"""The form of an algorithm that was set task by task."""
UNITS = ("task", "replicate", "log", "seed")
WITH_A_NUMBER = re.compile(rf"({'|'.join(FORMS_WITH_A_NUMBER)})-[0-9.e-]+")
Stem = tuple[str, str]
"""Algorithm, and the variant up to the form."""


def across_tasks(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, with variants by which a policy is the same one in every task.

    - A form of one kind in all tasks goes without its parameter, which is in units of a task's reward.
    - Forms of several kinds, at most one a task, as a search chooses them, are `chosen`. Where an algorithm has none it
      is greedy, so its greedy rows are in the table a second time, as `chosen`; likewise in replicates whose scores
      cannot go as far as a tilt asks: greedy is its limit.
    - Where a task has several such forms of an algorithm they stay as they are written.
    - The reference is `best known` everywhere.

    Args:
        rows: with `task`, `algorithm`, `variant` and what else there is; rows of one policy in one task are told apart
            by `replicate`, `log` and `seed`, as far as they are there.
    """
    policies = rows[["task", "algorithm", "variant"]].drop_duplicates().itertuples(index=False, name=None)
    names, chosen = _names(policies)
    own = zip(rows["algorithm"], rows["variant"], strict=True)
    named = rows.assign(variant=[names.get(policy, policy[1]) for policy in own])
    return pd.concat([named, *(_greedy_instead(named, *stem) for stem in chosen)], ignore_index=True)


def _names(policies: Iterable[tuple[str, str, str]]) -> tuple[dict[tuple[str, str], str], list[Stem]]:
    """(algorithm, variant) -> what it is called across tasks, if something else, and whose forms are chosen."""
    names: dict[tuple[str, str], str] = {}
    greedy: dict[Stem, set[str]] = defaultdict(set)
    with_a_number: dict[Stem, list[tuple[str, str, str]]] = defaultdict(list)
    for task, algorithm, variant in policies:
        form = variant.rpartition("/")[2]
        stem = variant.removesuffix(form)
        if algorithm == REFERENCE:
            names[algorithm, variant] = "best known"
        elif found := WITH_A_NUMBER.fullmatch(form):
            with_a_number[algorithm, stem].append((task, found[1], variant))
        elif form == GREEDY:
            greedy[algorithm, stem].add(task)
    chosen = []
    for (algorithm, stem), forms in with_a_number.items():
        places = [task for task, _, _ in forms]
        kinds = [(task, form) for task, form, _ in forms]
        several = len({form for _, form, _ in forms}) > 1 or not greedy[algorithm, stem] <= set(places)
        if several and len(set(places)) == len(places) and not is_best(stem):
            chosen.append((algorithm, stem))
            names |= {(algorithm, variant): stem + CHOSEN for _, _, variant in forms}
            continue
        repeated = {form for task, form in kinds if kinds.count((task, form)) > 1}
        names |= {(algorithm, variant): stem + form for _, form, variant in forms if form not in repeated}
    return names, chosen


def _greedy_instead(rows: pd.DataFrame, algorithm: str, stem: str) -> pd.DataFrame:
    """Greedy rows of an algorithm as rows of the form that was chosen, where that has none."""
    units = [name for name in UNITS if name in rows]
    of_algorithm = rows[rows["algorithm"] == algorithm]
    own = of_algorithm[of_algorithm["variant"] == stem + CHOSEN]
    greedy = of_algorithm[of_algorithm["variant"] == stem + GREEDY]
    there = pd.MultiIndex.from_frame(own[units])
    return greedy[~pd.MultiIndex.from_frame(greedy[units]).isin(there)].assign(variant=stem + CHOSEN)
