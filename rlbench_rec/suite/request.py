"""From what was typed to what will run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .config import Source, Steps, Suite, load_suite
from .runner import default_folder
from .sizes import sized

if TYPE_CHECKING:
    from .kinds.estimators.config import EstimatorSuite

DEFAULT = "quick"
MOST_TYPED = 10**12
"""More training steps are a typing error."""
FOR_DATASETS = "dataset"
"""The suite whose algorithms and settings `--dataset` uses; its source is replaced."""


def request(
    suite: str = "",
    dataset: str = "",
    data: Path | None = None,
    *,
    seeds: int | None = None,
    size: str = "",
    loop: str = "",
    steps: Steps | None = None,
    batch_size: int | None = None,
    job_timeout: float | None = None,
    plugins: Iterable[str] = (),
    out: Path | None = None,
    resume: bool = False,
) -> tuple[Suite | EstimatorSuite, Path]:
    """The suite and the output folder that a command line asks for.

    Raises:
        InputError: options that do not go together.
        UnknownNameError, MissingFileError: no such suite or dataset.
    """
    if data is not None and not dataset:
        raise InputError("--data needs --dataset.", hint="Name the card the files belong to.")
    settings = {name: value for name, value in [("steps", steps), ("batch_size", batch_size)] if value is not None}
    if settings and not dataset:
        option = f"--{next(iter(settings)).replace('_', '-')}"
        raise InputError(f"{option} needs --dataset.", hint="A suite says it in its .toml file.")
    if suite and dataset:
        raise InputError("Give a suite or --dataset, not both.", hint="A suite names its own data sets.")
    if resume and out is None:
        raise InputError("--resume needs --out.", hint="Name the folder of the run to finish.")
    chosen = _for_dataset(dataset, data) if dataset else load_suite(suite or DEFAULT)
    chosen = chosen.model_copy(update=settings)
    if size:
        if not isinstance(chosen, Suite):
            raise InputError(f"The suite '{chosen.name}' has no sizes.", where="--size")
        chosen = sized(chosen, size)
    if seeds is not None:
        chosen = chosen.with_seeds(seeds)
    if loop and not isinstance(chosen, Suite):
        raise InputError(f"The suite '{chosen.name}' trains nothing.", where="--loop")
    if loop:
        from ..training import LOOPS

        chosen = chosen.model_copy(update={"loop": LOOPS.canonical(loop)})
    if job_timeout is not None:
        chosen = chosen.model_copy(update={"job_timeout": job_timeout})
    chosen = chosen.model_copy(update={"plugins": list(dict.fromkeys([*chosen.plugins, *plugins]))})
    return chosen, out or default_folder(chosen.name)


def training_steps(text: str) -> Steps:
    """Training steps as they are typed: a number above 0, or `plateau`.

    Raises:
        InputError: anything else.
    """
    if text == "plateau":
        return "plateau"
    if text.isdecimal() and 0 < int(text) < MOST_TYPED:
        return int(text)
    raise InputError(f"'{text}' is not a number of training steps.", where="--steps", hint="Or give plateau.")


def for_dataset(dataset: str, data: Path | None) -> tuple[str, list[Source]]:
    """The id of a card, and a source of the standard board for each log that it has; for the one that is named, where
    the name has a variant.

    Args:
        dataset: card id or path, with a variant or without.
        data: file or folder of the raw log; None takes what the card ships or points to.

    Raises:
        UnknownNameError, MissingFileError, InputError: no such card, or not a card.
    """
    from .. import events

    card, pattern = events.find_card(dataset), _standard_board().sources[0]
    names = [dataset]
    if card.variants and dataset.removesuffix("/") in (card.id,):
        names = [f"{card.id}/{variant}" for variant in card.variants]
    location = None if data is None else str(data.resolve())
    return card.id, [pattern.model_copy(update={"dataset": name, "data": location}) for name in names]


def _for_dataset(dataset: str, data: Path | None) -> Suite:
    name, sources = for_dataset(dataset, data)
    return _standard_board().model_copy(update={"name": name, "sources": sources})


def _standard_board() -> Suite:
    board = load_suite(FOR_DATASETS)
    assert isinstance(board, Suite), f"{FOR_DATASETS}.toml is a suite of algorithms"
    return board
