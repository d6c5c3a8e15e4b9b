"""frontier.json beside a saved run: which step of a dial was chosen for it, and the temperatures of its tilts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import InputError, MissingFileError
from ..files import write_text
from ..parsing import read_json, validated
from ..policies import PolicyForm
from .training_run import Checkpoint, Run

FILE = "frontier.json"
KIND = "frontier beside this run"
Temperature = Annotated[float, Field(ge=0)]


class Member(BaseModel):
    """A run whose scores are among those of a step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Annotated[str, Field(pattern=r"^\.\./[^./\\][^/\\]*$")]
    """Its folder, from that of the file: a neighbour."""
    spread: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """What its scores are divided by before the mean is taken; with 0 they are left out."""


class Chosen(BaseModel):
    """The chosen step of a dial."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    contender: str
    """Whose scores reweight the base: an algorithm, or `mean` of several."""
    checkpoint: Checkpoint = "last"
    dial: Literal["tilted", "mixed", "constrained"]
    parameter: Temperature
    """Temperature of a tilt, share of a mixture or constraint."""
    divergence: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """In nats a session."""
    members: tuple[Member, ...] = ()
    """Whose scores they are, where they are not those of the run beside the file."""

    @property
    def form(self) -> PolicyForm:
        """The form with its parameter; that of a tilt is the divergence, to the digits that tables have: what makes the
        policy is its temperature."""
        return PolicyForm(self.dial, float(f"{self.divergence:.3g}") if self.dial == "tilted" else self.parameter)

    @property
    def temperature(self) -> float | None:
        """Of a tilt."""
        return self.parameter if self.dial == "tilted" else None


class StoredFrontier(BaseModel):
    """frontier.json."""

    # JSON has no infinity, which is the temperature of the base itself.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    schema_version: Literal[1] = 1
    base: Literal["logged", "service"]
    """How the behaviour policy was known."""
    chosen: Chosen | None = None
    """None: the log vouches for no change, so what is in service stays."""
    frontier: bool = True
    """Whether a frontier was traced; false where the file holds temperatures alone."""
    temperatures: dict[str, Temperature] = Field(default_factory=dict)
    """Form (`tilted-0.3`) -> temperature, of the tilts that were scored."""


def write_frontier(folder: Path, frontier: StoredFrontier) -> None:
    """Write frontier.json into the folder of a saved run.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(folder / FILE, frontier.model_dump_json(indent=1) + "\n")


def read_frontier(folder: Path) -> StoredFrontier:
    """Read what `write_frontier` wrote.

    Raises:
        MissingFileError: there is none.
        InputError: it cannot be used; names the first wrong field.
    """
    hint = "Suites with the form frontier, or a form tilted-<k>, write it."
    return validated(read_json(folder / FILE, KIND, hint), StoredFrontier, str(folder / FILE))


def stored_step(folder: Path) -> tuple[Run, Chosen]:
    """What was chosen beside a run, or over several: the run whose scores it is made of, and the step.

    Raises:
        MissingFileError, InputError: no frontier, none chosen, or no run to make it of.
    """
    from .mean_of_runs import mean_of_runs
    from .saved_run import load

    stored = read_frontier(folder)
    where = str(folder / FILE)
    if not stored.frontier:
        raise InputError("No frontier was traced for this run.", where=where, hint="Add the form frontier to a suite.")
    if stored.chosen is None:
        what = "The log vouches for no change: what is in service stays, and there is nothing to export."
        raise InputError(what, where=where)
    members = stored.chosen.members
    if len(members) < 2:
        return load(folder / members[0].run if members else folder, device="cpu"), stored.chosen
    runs = [load(folder / member.run, device="cpu") for member in members]
    return mean_of_runs(runs, [member.spread for member in members], stored.chosen.checkpoint), stored.chosen


def stored_temperature(folder: Path, form: PolicyForm, hint: str) -> float:
    """The temperature that a tilt was scored with.

    Args:
        folder: of a saved run.
        form: the tilt.
        hint: what to do where it is not stored.

    Raises:
        InputError: it is not stored.
    """
    try:
        known = read_frontier(folder).temperatures
    except MissingFileError as error:
        raise InputError(f"The temperature of {form} is not stored.", where=str(folder), hint=hint) from error
    if str(form) not in known:
        stored = f"Stored are: {', '.join(known) or 'none'}. "
        raise InputError(f"The temperature of {form} is not stored.", where=str(folder / FILE), hint=stored + hint)
    return known[str(form)]
