"""needs_rl.csv in words: does this need RL, and what would have been seen if it did?"""

from __future__ import annotations

import math

import pandas as pd

from .needs_rl import YES
from .readable_names import row_name
from .row_names import BEHAVIOUR
from .schema import TableRow
from .uncertainty import LOG, REPLICATES


def needs_rl(table: pd.DataFrame) -> list[str]:
    """A sentence for every task that was asked, and one for every log.

    Args:
        table: rows of needs_rl.csv.
    """
    sentences = []
    for place, rows in table.groupby(["dataset", "task"], sort=False, dropna=False):
        name = next((str(part) for part in place if part and part == part), "")
        asked, logs = (rows[rows["test"] == test] for test in (REPLICATES, LOG))
        # Of too few replicates nothing is known, and where the log was asked it has something to say.
        if len(asked) and (asked["gain"].notna().any() or logs.empty):
            sentences.append(f"Does {name} need RL? {_answer(asked, 'true values', 'replicates')}")
        answers = [of_log for _, of_log in logs.groupby("run_id", sort=False)]
        if len(answers) == 1:
            what = f"this log of {name}" if len(asked) else name
            sentences.append(f"Does {what} need RL? {_answer(answers[0], 'snips, test side', 'units')}")
        elif answers:
            said = sum((of_log["answer"] == YES).any() for of_log in answers)
            verb = "says that it needs" if said == 1 else "say that they need"
            sentences.append(f"Asked alone, {said} of {len(answers)} logs of {name} {verb} RL.")
    return sentences


def _answer(rows: pd.DataFrame, by: str, unit: str) -> str:
    """The answer of the policy for which the most is shown, by its closest opponent."""
    closest = rows[rows["closest"]]
    order = closest.assign(p=closest["p_adjusted"].fillna(1.0), gain=closest["gain"].fillna(-math.inf))
    row = closest.loc[order.sort_values(["p", "gain"], ascending=[True, False], kind="stable").index[0]]
    if math.isnan(row["gain"]):
        return f"Not shown: {row['reason']}."
    learner = policy_name(row["algorithm"], row["variant"])
    opponent = policy_name(row["opponent"], row["opponent_variant"])
    if row["gain"] == row["ci_low"] == row["ci_high"] == 0.0:
        # A frontier where the log vouches for nothing: no gain could have been seen, so none is named.
        return f"Not shown: {learner} is worth what {opponent} is, to the last digit."
    gained = f"{learner} gains {_gain(row)} over {opponent}"
    evidence = f"({by}, {int(row['n_units']):,} {unit}, p {row['p_adjusted']:.2g})"
    if row["answer"] == YES:
        others = len(rows[rows["algorithm"] == row["algorithm"]])
        return f"Yes: {gained}, the closest of {others} opponents {evidence}."
    reason = str(row["reason"]).replace(f"over {row['opponent']} is", f"over {opponent} is")
    why = "" if row["verdict"] == "trusted" else f" {reason};"
    seen = f"a gain of {_size(row['detectable'], row['behaviour'])} would have been seen in four of five"
    return f"Not shown: {gained} {evidence};{why} {seen}."


def policy_name(algorithm: str, variant: str) -> str:
    """A policy of needs_rl.csv under the name that people read, within a sentence: `DQN (tilted 0.3)`.

    Args:
        algorithm: id; with a label behind a slash (`dqn/gamma-0`) where one log was asked.
        variant: as in the table.
    """
    if algorithm == BEHAVIOUR:
        return "the behaviour policy"
    algorithm, _, label = algorithm.partition("/")
    name, _, form = row_name(algorithm, "/".join(filter(None, (label, variant)))).partition(", ")
    return f"{name} ({form})" if form else name


def _gain(row: TableRow | pd.Series) -> str:
    """+0.31 [+0.2, +0.4], in per cent of the behaviour policy's value where that is above 0."""
    numbers, unit = [row["gain"], row["ci_low"], row["ci_high"]], ""
    if row["behaviour"] > 0:
        numbers, unit = [100.0 * number / row["behaviour"] for number in numbers], " %"
    value, low, high = (f"{number:+.3g}" for number in numbers)
    return f"{value}{unit} [{low}, {high}]"


def _size(number: float, behaviour: float) -> str:
    return f"{100.0 * number / behaviour:.2g} %" if behaviour > 0 else f"{number:.2g}"
