"""`rlbench score`: a trained policy's probability of every logged action, as a table for `rlbench ope`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, MissingFileError, UnknownNameError
from . import completion
from .frontier import WEAK_AS_A_TABLE
from .json_option import Json
from .render.console import say
from .written_files import keep_apart, keep_model

if TYPE_CHECKING:
    from ..evaluation.table_scores import TableColumns
    from ..mdp.dataset import TransitionDataset
    from ..policies import Policy

TABLES = (".parquet", ".csv", ".gz")
"""What tables are called."""


def command(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="models/<run id> of a run, a saved run, or an exported .pt or .onnx."),
    ],
    log: Annotated[
        str,
        typer.Argument(
            metavar="CARD|TABLE",
            help="Card or task, saved dataset, or a Parquet or CSV table.",
            autocompletion=completion.cards_and_tasks,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write: .parquet or .csv.")],
    form: Annotated[
        str, typer.Option(help="greedy, softmax-<tau>, tilted-<nats>, …, or the stored frontier.")
    ] = "greedy",
    checkpoint: Annotated[str, typer.Option(help="last or best.")] = "last",
    column: Annotated[str, typer.Option(help="What the new column is called.")] = "target_propensity",
    q: Annotated[
        bool, typer.Option("--q", help="Of a run: also its own q, for dr; trains as long as the run did.")
    ] = False,
    states: Annotated[
        bool, typer.Option("--states", help="Of a card: also what the policy saw, to score further policies on.")
    ] = False,
    action: Annotated[str, typer.Option(help="Of a table: the logged action.")] = "action",
    state: Annotated[str, typer.Option(help="Of a table: a list of all numbers of the state.")] = "state",
    features: Annotated[
        str, typer.Option(metavar="A,B,…", help="Of a table, in place of --state: a column for each number.")
    ] = "",
    base: Annotated[
        str | None,
        typer.Option(help="Of a table: a list of the behaviour policy's probabilities, for tilted and such."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write logged decisions with a trained policy's probability of each logged action; rlbench ope values them.

    On the card of its own run: the test side, exactly what the run's estimators read. On a table: the same rows and one
    column more. An action that the policy does not know has probability 0; a row without a state has none, and is
    counted.
    """
    from ..evaluation.logged_decisions import check_format
    from ..evaluation.table_scores import TableColumns

    check_format(out)
    keep_apart({"--out": out}, {Path(log): "the log itself"}, {Path(log): "a file of the log"})
    keep_model({"--out": out}, model)
    if _is_table(Path(log)) and Path(log).resolve() in out.resolve().parents:
        what = "It would be read as a part of the log next time."
        raise InputError(what, where=f"--out {out}", hint="Write it into another folder.")
    if form != "frontier" and (model / "frontier.json").is_file() and not (model / "run.json").is_file():
        what = "The policy chosen over several learners has one form."
        raise InputError(what, where=str(model), hint="Give --form frontier.")
    if Path(log).suffix.lower() in TABLES and not Path(log).exists():
        raise MissingFileError("There is no such file.", where=log)
    if not model.exists():
        raise MissingFileError("There is no such model.", where=str(model), hint="Name a folder models/<run id>.")
    asked = _Asked(model, log, out, form, checkpoint, column)
    if _is_table(Path(log)):
        names = tuple(name.strip() for name in features.split(",") if name.strip())
        said = asked.table(TableColumns(action, state, names, base, column))
    else:
        said = asked.decisions(q=q, states=states)
    if as_json:
        say(json.dumps(asdict(said), indent=2, ensure_ascii=False))
        return
    for line in said.lines():
        say(line)


def _is_table(log: Path) -> bool:
    """Whether it is a file, or a folder of Parquet files, and neither a card nor a saved dataset."""
    return (log.is_file() and log.suffix != ".toml") or (log.is_dir() and not (log / "dataset.json").is_file())


@dataclass(frozen=True)
class Said:
    """What was done.

    Attributes:
        out: the file.
        policy: whose probabilities.
        rows: in the file.
        unknown: rows whose action the policy does not know.
        unscored: rows that could not be scored.
        next_command: what to do with it; null where rows have no probability.
        note: what to know of it.
    """

    out: str
    policy: str
    rows: int
    unknown: int
    unscored: int
    next_command: str | None
    note: str = ""

    def lines(self) -> list[str]:
        """For the screen."""
        lines = [f"{self.out}: {self.rows:,} decisions with the probability that {self.policy} takes the logged action"]
        lines += [f"note: {self.note}"] if self.note else []
        if self.unknown:
            lines.append(f"{self.unknown:,} rows have an action that the policy does not know: their probability is 0")
        if self.unscored:
            lines.append(
                f"{self.unscored:,} rows have no action or no full state, and an empty cell: rlbench ope cannot "
                "value them. Complete them, or leave them out where what is missing has nothing to do with the outcome."
            )
        return lines + ([self.next_command] if self.next_command else [])


@dataclass(frozen=True)
class _Asked:
    """What is asked of a model and a log."""

    model: Path
    log: str
    out: Path
    form: str
    checkpoint: str
    column: str

    def table(self, columns: TableColumns) -> Said:
        """Score the rows of a table."""
        from ..evaluation.logged_decisions import write_decisions
        from ..evaluation.table_scores import score_table

        policy, size, names = self._policy()
        scored = score_table(self.log, policy, size, names, columns)
        write_decisions(scored.table, self.out)
        following = None if scored.unscored else self._next({})
        return Said(str(self.out), policy.name, scored.rows, scored.unknown, scored.unscored, following)

    def decisions(self, *, q: bool, states: bool) -> Said:
        """Score the decisions of a card, a task or a saved dataset."""
        from ..audit.scored_run import ScoredRun, job_of, score_run
        from ..evaluation.bridge import evaluation_log
        from ..evaluation.logged_decisions import decisions_table, write_decisions

        job = job_of(self.model)
        if job is not None and self.log in (job.source.dataset, job.source.task, job.place):
            scored = score_run(self.model, job, self.form, self.checkpoint, q=q)
        else:
            if q:
                raise InputError("Only a run knows its own q.", where="--q", hint="Give models/<run id> and its card.")
            policy, size, names = self._policy()
            _refuse_task(self.log, "" if job is None else job.place)
            data = self._data(None if job is None else job.source.mdp)
            _check_fits(data, size, names)
            scored = ScoredRun(data, evaluation_log(data, policy, ["snips"]), policy.name)
        table = decisions_table(scored.data, scored.log, self.column, states=states)
        write_decisions(table, self.out)
        source = scored.log.propensity_source
        options: dict[str, Any] = {} if scored.log.one_step else {"gamma": f"{scored.log.gamma:g}"}
        options |= {"estimated": None} if source == "estimated" or scored.log.fitted_weights else {}
        options |= {"weights": "weight"} if source == "service" else {}
        fitted = "" if not scored.log.fitted_weights or scored.log.nuisance_influence is None else WEAK_AS_A_TABLE
        note = "; ".join(filter(None, (scored.note, fitted)))
        return Said(str(self.out), scored.policy, len(table), 0, 0, self._next(options), note)

    def _data(self, settings: Any) -> TransitionDataset:
        from .. import events, mdp

        if (Path(self.log) / "dataset.json").is_file():
            return mdp.TransitionDataset.load(self.log, mmap=False)
        return mdp.build(events.load(self.log), settings)

    def _policy(self) -> tuple[Policy, int, tuple[str, ...]]:
        from ..audit.scored_run import tilt_hint
        from ..policies import parse_form
        from ..training import load
        from ..training.exported_policy import exported_policy, is_exported
        from ..training.stored_frontier import stored_step, stored_temperature

        if is_exported(self.model):
            if self.checkpoint != "last":
                what = "The file is of the checkpoint that it was exported of."
                raise InputError(what, where=f"--checkpoint {self.checkpoint}", hint="Leave it out, or score the run.")
            exported = exported_policy(self.model)
            if self.form not in ("greedy", exported[0].name):
                what = f"The file is {exported[0].name}; it has no other form."
                raise InputError(what, where=f"--form {self.form}", hint="Leave it out, or score the run.")
            return exported
        arguments: dict[str, Any] = {"checkpoint": self.checkpoint}
        if self.form == "frontier":
            run, step = stored_step(self.model)
            form, temperature = step.form, step.temperature
        else:
            run, form, temperature = load(self.model, device="cpu"), parse_form(self.form, "--form"), None
            if form.name == "tilted":
                temperature = stored_temperature(self.model, form, tilt_hint(self.model, form))
        arguments |= {"temperature": temperature} if form.name == "tilted" else form.arguments
        return run.policy(form.name, **arguments), run.layout.size, run.action_names

    def _next(self, options: dict[str, str | None]) -> str:
        if self.column != "target_propensity" and "weights" not in options:
            options = {"target-propensity": self.column, **options}
        words = [f"--{name}" + ("" if value is None else f" {value}") for name, value in options.items()]
        return " ".join(["rlbench ope", str(self.out), *words])


def _refuse_task(log: str, trained_on: str) -> None:
    """Refuse the name of a simulated shop that the policy was not trained in, and a name that is of nothing.

    Args:
        log: what was named.
        trained_on: the data set or task of the suite's run; empty of a policy that is of none.

    Raises:
        InputError: a task.
        UnknownNameError: neither a task, a card nor a file.
    """
    from ..events import list_cards
    from ..tasks import TASKS

    name = log.partition("/")[0]
    if name in TASKS or Path(log).suffix == ".json":
        hint = "A log of one's own: save it (TransitionDataset.save), and name the folder."
        if not trained_on:
            what = f"{log} is a task, whose log is known of the runs of a suite alone."
            raise InputError(what, where="LOG", hint=f"Give models/<run id> of a suite's results. {hint}")
        what = f"The policy was trained on {trained_on}, and {log} is another: its states and actions are others."
        raise InputError(what, where="LOG", hint=f"Give {trained_on}. {hint}")
    if name not in list_cards() and "." not in log and not Path(log).exists():
        raise UnknownNameError("card or task", log, [*list_cards(), *TASKS])


def _check_fits(data: TransitionDataset, size: int, names: tuple[str, ...]) -> None:
    where = data.provenance.source
    if data.layout.size != size:
        what = f"Its states have {data.layout.size} numbers, and the policy takes {size}."
        hint = "Build the log with the settings of the training, save it (TransitionDataset.save) and name the folder."
        raise InputError(what, where=where, hint=hint)
    if names and data.action_names and names != data.action_names:
        raise InputError("Its actions are not those of the policy, in their order.", where=where)
