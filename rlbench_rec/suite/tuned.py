"""What a search over settings chose, as suites read it: `chosen.toml` of its folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ..errors import DataWarning, MissingFileError
from ..packaged import packaged
from ..parsing import read_toml, validated
from .labels import places

if TYPE_CHECKING:
    from .config import AlgorithmSpec, Suite

CHOSEN = "chosen.toml"
MOST_SAID = 3
"""Rows without a choice that a warning names."""


class Choice(BaseModel):
    """One trial of a search, chosen. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trial: int
    """Its number; 0 has the defaults."""
    config: dict[str, Any] = {}
    """What it set of the algorithm."""
    form: str = ""
    """The policy form; empty where there was no choice of one, or it was the suite's own."""
    estimate: float | None = None
    """What the suite's own estimate said of it; None where the log does not define one."""
    ci_low: float | None = None
    """The lower limit of that."""
    verdict: str = ""
    """Whether that may be believed."""
    truth: float | None = None
    """Its true value in the shop that was tuned on; None on a data set."""


class Chosen(BaseModel):
    """What a search chose for one algorithm on one source. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    """What tables call the source."""
    algorithm: str
    """Id of the algorithm or policy; with `/retrieve=` and that of what retrieves its candidates."""
    trials: int
    """Trials that were done."""
    estimator: str = ""
    """What the estimates are of."""
    by_estimate: Choice | None = None
    """By what a user would have; None where no trial came to an estimate."""
    by_truth: Choice | None = None
    """By the true value; None where there is none."""


class ChosenFile(BaseModel):
    """`chosen.toml`. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chosen: list[Chosen] = []


Choices = Mapping[tuple[str, str], Choice]
"""(source, algorithm) -> what its config and form were chosen to be."""


def read_chosen(folder: Path) -> list[Chosen]:
    """What a search chose.

    Raises:
        MissingFileError: it has not chosen, or there is no such folder.
        InputError: the file is not one of choices, naming the key.
    """
    hint = "Make it with `rlbench tune`, or leave `tuned` out."
    path = folder / CHOSEN
    if not path.is_file():
        raise MissingFileError("There is nothing chosen here.", where=str(path), hint=hint)
    return validated(read_toml(path, "file of choices"), ChosenFile, str(path), "See docs/tuning.md.").chosen


def choices_of(suite: Suite) -> Choices:
    """The choices that a suite takes; none where it is not tuned.

    Raises:
        MissingFileError, InputError: as `read_chosen`.
    """
    if not suite.tuned:
        return {}
    chosen = read_chosen(folder_of(suite.tuned))
    by_estimate = suite.tuned_by == "estimate"
    found = {(one.source, one.algorithm): one.by_estimate if by_estimate else one.by_truth for one in chosen}
    return {key: choice for key, choice in found.items() if choice is not None}


def name_of(spec: AlgorithmSpec) -> str:
    """What a search calls the algorithm of a row: one among retrieved candidates is another one."""
    return f"{spec.id}/retrieve={spec.retrieve}" if spec.retrieve else spec.id


def with_choice(spec: AlgorithmSpec, place: str, choices: Choices) -> AlgorithmSpec:
    """A row with what was chosen for its algorithm on a source, where it says nothing itself."""
    choice = choices.get((place, name_of(spec)))
    if choice is None:
        return spec
    return spec.model_copy(update={"config": choice.config | spec.config, "form": spec.form or choice.form})


def warn_of_defaults(suite: Suite) -> None:
    """Say which rows of a tuned suite have their defaults, since nothing was chosen for them."""
    if not suite.tuned:
        return
    choices = choices_of(suite)
    names = dict.fromkeys(map(name_of, suite.algorithms))
    missing = [
        f"{name} on {place}" for place in places(suite.sources) for name in names if (place, name) not in choices
    ]
    if missing:
        left = len(missing) - MOST_SAID
        said = ", ".join(missing[:MOST_SAID]) + (f" and {left} more" if left > 0 else "")
        text = f"{suite.tuned} chooses nothing by {suite.tuned_by} for {said}: they have their defaults."
        warnings.warn(text, DataWarning, stacklevel=2)


def folder_of(tuned: str) -> Path:
    """Where the choices of a suite lie: from the working folder, else of those that come with the package."""
    here = Path(tuned)
    return here if here.is_dir() else packaged(tuned)
