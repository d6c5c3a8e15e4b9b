"""The datasheet of a task: a simulated shop and the logs that it writes."""

from __future__ import annotations

import inspect
import re

from ...tasks import TASKS, make
from .datasheet import DataField, DataFile, Datasheet, Licence

LICENCE = Licence(
    text="Apache-2.0",
    url="https://www.apache.org/licenses/LICENSE-2.0",
    read="the package's own LICENSE",
)
CREATORS = ["The rlbench-rec developers"]
PAGES = {"recommend-myopic-v1": "recommend"}
"""Task -> its page, where that is another one's."""


def datasheet_of_task(task_id: str, stratum: str | None = None) -> Datasheet:
    """The datasheet of a task.

    Args:
        task_id: one of `tasks.TASKS`.
        stratum: the named set of parameters; None: the defaults.

    Raises:
        UnknownNameError: there is no such task or stratum.
    """
    task = make(task_id, stratum=stratum) if stratum else make(task_id)
    first, rest = _described(type(task).__doc__ or "")
    strata = ", ".join(f"`{name}`" for name in type(task).strata)
    actions = task.action_names if len(task.action_names) <= 12 else (*task.action_names[:12], "...")
    return Datasheet(
        id=task_id,
        kind="task",
        title=f"{task_id}: a simulated shop",
        summary=first,
        version=str(type(task).version),
        url=f"docs/tasks/{PAGES.get(task_id, task_id.rsplit('-v', 1)[0])}.md",
        creators=CREATORS,
        published_on="2026",
        licence=LICENCE,
        citation="CITATION.cff of the package.",
        motivation=[
            "To score policies and estimators against a known answer, which no real log has.",
            *rest,
        ],
        composition=[
            f"A row of a log is one decision: a state of {len(task.observation_names)} numbers, one of "
            f"{task.action_count} actions ({', '.join(actions)}), a reward, {len(task.metric_names)} outcomes and the "
            "exact probability of the action.",
            f"An episode is a session of at most {task.config.horizon} decisions; gamma is {task.gamma:g}. A log may "
            "have any number of episodes.",
            f"Strata: {strata}. Parameters and their values: `rlbench tasks show {task_id}`.",
        ],
        collection=[
            "Simulated users, drawn anew by the seed of the log, answer a behaviour policy by the equations of the "
            "task's page. No person's data is in it.",
        ],
        processing=["None: states, rewards and probabilities are those of the simulation."],
        uses=[
            "True values of any policy by playing it, to a standard error that is asked for; the values of a board are "
            "on a scale from 0 (behaviour policy) to 100 (reference policy).",
            "Not a forecast for a real shop: what wins here need not win there.",
            "Settings are chosen on the variant `train` and reported on `judge`.",
        ],
        maintenance=[
            "A task whose rewards, states or lengths change for the same seed gets a new version in its id; golden "
            "rollouts in the tests hold it to that.",
        ],
        files=[DataFile(name="*.npy", encoding="application/octet-stream")],
        fields=_fields(task.observation_names, task.metric_names),
    )


def datasheets_of_tasks() -> list[Datasheet]:
    """Of every task that comes with the package."""
    return [datasheet_of_task(name) for name in TASKS]


def _described(doc: str) -> tuple[str, list[str]]:
    """First sentence of a docstring, and its other paragraphs before the arguments, each on one line."""
    text = inspect.cleandoc(doc).split("\nArgs:")[0].split("\nAttributes:")[0]
    first, *others = [" ".join(part.split()) for part in text.split("\n\n")]
    sentence, _, more = first.partition(". ")
    prose = [part for part in [more, *others] if re.search(r"[.:]$", part) and len(part.split()) > 8]
    return sentence.rstrip(".") + ".", [part for part in prose if part.endswith(".")]


def _fields(states: tuple[str, ...], metrics: tuple[str, ...]) -> list[DataField]:
    return [
        *(DataField(name=name, role="a number of the state", type="number") for name in states),
        DataField(name="actions", role="what was decided", type="integer"),
        DataField(name="rewards", role="what the decision earned", type="number"),
        DataField(name="propensities", role="the behaviour policy's probability of the action", type="number"),
        *(DataField(name=name, role="an outcome beside the reward", type="number") for name in metrics),
    ]
