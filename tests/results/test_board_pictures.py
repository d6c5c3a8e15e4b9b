"""Pictures over all tasks: clipped cells, markers at the edge, titles, keys."""

from __future__ import annotations

import pandas as pd

from rlbench_rec.results.plots.normalised_scale import normalised_figure
from rlbench_rec.results.plots.summary import profiles_figure, summary_figure


def normalised(**values: list[float]) -> pd.DataFrame:
    rows = [
        {"task": task, "algorithm": algorithm.replace("_", "-"), "variant": "mlp/greedy", "normalised": value}
        for algorithm, row in values.items()
        for task, value in zip(("offers-v1", "pricing-v1"), row, strict=True)
    ]
    return pd.DataFrame(rows)


def test_cells_beyond_the_colours_are_marked_and_explained() -> None:
    figure = normalised_figure(normalised(dqn=[-290.0, 73.0], cql=[-99.6, 120.4]))
    written = [text.get_text() for text in figure.axes[0].texts]
    assert "\N{MINUS SIGN}290 \N{BLACK DOWN-POINTING TRIANGLE}" in written
    assert "120 \N{BLACK UP-POINTING TRIANGLE}" in written and "\N{MINUS SIGN}100" in written and "73" in written
    assert "where colours end" in figure.texts[-1].get_text()
    assert "DQN, greedy" in written and "dqn mlp/greedy" in written
    figure = normalised_figure(normalised(dqn=[-20.0, 73.0]))
    assert figure.texts[-1].get_text() == ""


def test_the_title_of_the_matrix_says_where_the_first_is_bad() -> None:
    (title, *_) = normalised_figure(normalised(dqn=[-290.0, 73.0], cql=[-300.0, 20.0])).texts
    assert title.get_text().replace("\n", " ") == (
        "DQN, greedy has the highest median over tasks, and is above the behaviour policy in 1 of 2 tasks; in offers "
        "it is at \N{MINUS SIGN}290"
    )


def summary() -> pd.DataFrame:
    first = {"iqm": 60.0, "iqm_low": 40.0, "iqm_high": 80.0, "median": 62.0, "useful_in": 1, "n_tasks": 3}
    rows = [
        first | {"algorithm": "cql"},
        first | {"algorithm": "dqn", "iqm": 10.0, "useful_in": 2},
        first
        | {"algorithm": "bcq", "iqm": -400.0, "iqm_low": -500.0, "iqm_high": -300.0, "median": 5.0, "useful_in": 0},
    ]
    table = pd.DataFrame(rows).assign(variant="mlp/greedy", uncertainty="replicates")
    return table.assign(useful_in=table["useful_in"].astype("Int64"))


def test_the_summary_says_who_leads_and_who_is_useful_and_marks_what_is_off_the_scale() -> None:
    figure = summary_figure(summary())
    title, notes = (text.get_text().replace("\n", " ") for text in figure.texts)
    assert title == "CQL, greedy has the highest interquartile mean; DQN, greedy is useful in the most tasks, 2 of 3"
    assert notes == "Lines: limits that cover replicates."
    axis = figure.axes[0]
    (mark,) = [line for line in axis.lines if line.get_marker() == "<"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (axis.get_xlim()[0], 2)
    written = [text.get_text() for text in axis.texts]
    assert written.count("\N{MINUS SIGN}400") == 2 and "2 of 3" in written and "dqn mlp/greedy" in written


def test_profiles_say_who_is_most_often_above_the_behaviour_policy() -> None:
    curves = [
        {"algorithm": name, "variant": "mlp/greedy", "tau": tau, "share": share, "ci_low": share, "ci_high": share}
        for name, shares in (("cql", (1.0, 0.5, 0.0)), ("dqn", (1.0, 0.75, 0.0)), ("bcq", (1.0, 0.75, 0.5)))
        for tau, share in zip((-50.0, 0.0, 50.0), shares, strict=True)
    ]
    figure = profiles_figure(pd.DataFrame(curves), summary())
    assert figure.texts[0].get_text().replace("\n", " ") == (
        "DQN, greedy (and 1 other) is most often above the behaviour policy: in 75 % of tasks and replicates"
    )
    assert figure.axes[0].get_legend_handles_labels()[1] == ["CQL, greedy", "DQN, greedy", "BCQ, greedy"]


def test_the_summary_says_of_whom_it_is_not_asked_whether_they_are_useful() -> None:
    table = summary()
    table.loc[1, "useful_in"] = pd.NA
    notes = summary_figure(table).texts[-1].get_text().replace("\n", " ")
    assert notes == "Lines: limits that cover replicates. Of the floor it is not asked in how many tasks it is useful."
