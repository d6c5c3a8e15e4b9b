"""`rlbench export`: a trained policy as one file for serving."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .json_option import Json
from .render.console import say
from .written_files import keep_apart, keep_model

if TYPE_CHECKING:
    from ..training import Run


def command(
    run: Annotated[
        Path, typer.Argument(metavar="run", help="Folder of a trained run: models/<run id> of a suite's results.")
    ],
    format: Annotated[
        str | None, typer.Option(help="torchscript or onnx; default what --out ends in, else torchscript.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default policy.pt or policy.onnx in the run's folder.")
    ] = None,
    k: Annotated[
        int | None,
        typer.Option(min=1, help="How many actions to return for each state; default 10 of greedy, or all."),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="last or best.")] = "last",
    form: Annotated[
        str,
        typer.Option(
            help="greedy, softmax-<tau>, epsilon-greedy-<share>, stochastic, tilted-<nats>, mixed-<share>, "
            "constrained-<share>, or the stored frontier."
        ),
    ] = "greedy",
    temperature: Annotated[
        float | None, typer.Option(help="Of tilted, in units of the scores; default the one that the suite stored.")
    ] = None,
    on: Annotated[
        Path | None,
        typer.Option(
            metavar="DATASET",
            help="Saved dataset with the behaviour policy's probabilities, to set it on.",
        ),
    ] = None,
    second_stage: Annotated[
        bool,
        typer.Option(
            "--second-stage",
            help="Of a run that retrieves candidates: what ranks them alone; requests then bring the candidates.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a trained policy as one file that needs neither d3rlpy nor this package.

    Greedy files take states and return the best actions with their scores. Files of the other forms return actions
    with probabilities to draw from; tilted, mixed and constrained ones also take those of what is in service. The .json
    beside an ONNX file is all that rlbench_rec.serving needs to answer raw requests.
    """
    from ..serving.policy_file import unservable
    from ..training import export, load, load_second_stage
    from ..training.exporting import SUFFIXES

    if format is None:
        format = "onnx" if out is not None and out.suffix == SUFFIXES["onnx"] else "torchscript"
    written = out or run / f"policy{SUFFIXES.get(format, '')}"
    files = {"--out": written, "--out, its description": Path(f"{written}.json")}
    keep_model(files, run)
    if on is not None:
        keep_apart(files, {}, {on: "a file of the dataset"})
    given = {"checkpoint": checkpoint, "temperature": temperature, "on": on}
    if form == "frontier" and second_stage:
        raise InputError("A frontier is not chosen among runs of two stages.", where="--second-stage")
    if form == "frontier":
        trained, what = _frontier(run, given)
    else:
        trained, what = (load_second_stage if second_stage else load)(run, device="cpu"), _form(run, form, given)
    export(trained, written, format, k=k, **what)
    if as_json:
        said = {"policy": str(written), "description": f"{written}.json", "format": format, "form": form}
        say(json.dumps(said, indent=2))
        return
    agrees = "scores agree with the trained network's" if form == "greedy" else "probabilities agree with the policy's"
    say(f"{written}: its {agrees}. {written}.json describes input and output.")
    if format == "onnx":
        why = unservable(json.loads(Path(f"{written}.json").read_text()))
        how = f'rlbench_rec.serving.ServedPolicy("{written}")'
        say(f"It cannot answer raw requests: {why}" if why else f"To answer raw requests: {how}")


def _frontier(folder: Path, given: dict[str, Any]) -> tuple[Run, dict[str, Any]]:
    """What a suite chose, from the file beside the run."""
    from ..training.stored_frontier import stored_step

    for name in ("temperature", "on"):
        if given[name] is not None:
            raise InputError("The frontier is stored with its own.", where=f"--{name}")
    if given["checkpoint"] != "last":
        raise InputError("The frontier was chosen for the last checkpoint.", where="--checkpoint")
    run, step = stored_step(folder)
    return run, {"checkpoint": step.checkpoint, "form": step.form, "temperature": step.temperature}


def _form(folder: Path, text: str, given: dict[str, Any]) -> dict[str, Any]:
    """A form, and the temperature of a tilt: from the options, a log or what a suite stored."""
    from ..mdp import TransitionDataset
    from ..policies import parse_form
    from ..training.stored_frontier import stored_temperature

    form = parse_form(text, "--form")
    for name in ("temperature", "on"):
        if given[name] is not None and form.name != "tilted":
            raise InputError(f"{form} has no temperature.", where=f"--{name}", hint="Give --form tilted-<nats>.")
    if given["temperature"] is not None and given["on"] is not None:
        raise InputError("A temperature and a log to set it on.", where="--on", hint="Give one of them.")
    if given["on"] is not None:
        given["on"] = TransitionDataset.load(given["on"], mmap=False)
    elif form.name == "tilted" and given["temperature"] is None:
        hint = "Give --temperature, or --on a saved dataset that carries behaviour_probabilities."
        given["temperature"] = stored_temperature(folder, form, hint)
    return given | {"form": form}
