"""From what was typed after `rlbench frontier` to a stored run, or to a suite that traces a frontier."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, UnknownNameError
from ..results.packed import table_at
from ..what_to_log import WHAT_TO_LOG
from .config import Source, Suite, load_suite, task_name
from .request import for_dataset, training_steps
from .runner import default_folder
from .store import MODELS_FOLDER

TEMPLATE = "frontier"
"""The suite whose learners and settings are used; its source is replaced."""
TABLE = "frontier.csv"


def stored_run(target: str) -> tuple[Path, str] | None:
    """The folder of a run that has frontiers, and the run id where one of its `models/` is meant; None where the target
    is no folder.

    Raises:
        InputError: a folder without frontiers.
    """
    folder = Path(target)
    if not folder.is_dir():
        return None
    if table_at(folder / TABLE).is_file():
        return folder, ""
    results = folder.resolve().parent.parent
    if folder.resolve().parent.name == MODELS_FOLDER and table_at(results / TABLE).is_file():
        return results, folder.resolve().name
    hint = "Give the folder of a run of a suite with the form frontier or frontier-best, or one of its models/."
    raise InputError(f"There is no frontier here (no {TABLE}).", where=target, hint=hint)


def frontier_request(
    target: str,
    data: Path | None = None,
    *,
    steps: str = "",
    batch_size: int | None = None,
    seeds: int | None = None,
    plugins: list[str] | None = None,
    out: Path | None = None,
    resume: bool = False,
) -> tuple[Suite, Path]:
    """The suite and the output folder for a card or a task.

    Args:
        target: card id or path, task id, or the .json file of a calibrated shop.
        data: raw log of the card.
        steps: as `training_steps` reads them; empty: the template's.
        batch_size, seeds: None: the template's.
        plugins: modules that the run needs.
        out: None: `runs/<name>-<time>`.
        resume: the run in `out` is to be finished.

    Raises:
        UnknownNameError: neither a card nor a task.
        InputError: a suite, `data` with a task, a number out of range, or a log on which no policy's lift is known.
    """
    from ..tasks import TASKS

    if resume and out is None:
        raise InputError("--resume needs --out.", hint="Name the folder of the run to finish.")
    template = load_suite(TEMPLATE)
    assert isinstance(template, Suite), f"{TEMPLATE}.toml is a suite of algorithms"
    if target in TASKS or target.endswith(".json"):
        if data is not None:
            raise InputError("A task makes its own log.", where="--data", hint="Leave it out.")
        source = Source.model_validate(template.sources[0].model_dump() | {"task": target})
        name, sources = task_name(target), [source]
    else:
        name, sources = for_dataset(_card(target), data)
        _refuse_choices(target)
    settings: dict[str, object] = {"name": f"{TEMPLATE}-{_plain(name)}", "sources": sources, "plugins": plugins or []}
    if steps:
        settings["steps"] = training_steps(steps)
    if batch_size is not None:
        settings["batch_size"] = batch_size
    suite = template.model_copy(update=settings)
    if seeds is not None:
        suite = suite.with_seeds(seeds)
    return suite, out or default_folder(suite.name)


def _card(name: str) -> str:
    from .. import events
    from ..tasks import TASKS

    if name.endswith(".toml") and Path(name).is_file() and "[[sources]]" in Path(name).read_text(errors="replace"):
        hint = (
            "Run it by `rlbench run`, with frontier or frontier-best among its forms, and give the folder of results."
        )
        raise InputError("This is a suite, not a card.", where=name, hint=hint)
    try:
        events.find_card(name)
    except UnknownNameError:
        raise UnknownNameError("card or task", name, [*events.list_cards(), *TASKS], pluggable=True) from None
    return name


def _refuse_choices(name: str) -> None:
    """Say before any training that the log of a card cannot tell a policy's lift."""
    from ..events.cards.find import find
    from ..mdp.provenance import NOT_IDENTIFIED, identification

    card = find(name).card
    if identification(card.action_source, card.propensity) != NOT_IDENTIFIED:
        return
    chosen = card.action_source == "choice"
    why = "users chose the items themselves" if chosen else "nothing is known of how likely each item was to be shown"
    key = "action_source" if chosen else "propensity"
    value = getattr(card, key)
    hint = (
        f"`rlbench run --dataset {name}` ranks policies by how well they predict the next item. If the system chose, "
        f"with logged probabilities, say so in the card: action_source and propensity. {WHAT_TO_LOG}"
    )
    raise InputError(f'No frontier: {why} ({key} = "{value}"), so no policy\'s lift is known.', where=name, hint=hint)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
