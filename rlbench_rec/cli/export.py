"""`rlbench export`: a trained policy as one file for serving."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .render.console import say


def command(
    run: Annotated[
        Path, typer.Argument(metavar="run", help="Folder of a trained run: models/<run id> of a suite's results.")
    ],
    format: Annotated[str, typer.Option(help="torchscript or onnx.")] = "torchscript",
    out: Annotated[
        Path | None, typer.Option(help="File to write; default policy.pt or policy.onnx in the run's folder.")
    ] = None,
    k: Annotated[int, typer.Option(min=1, help="How many actions to return for each state.")] = 10,
    checkpoint: Annotated[str, typer.Option(help="last or best.")] = "last",
) -> None:
    """Write a trained policy's top-k ranking as one file that needs neither d3rlpy nor this package."""
    from ..training import export, load
    from ..training.exporting import SUFFIXES

    written = export(
        load(run, device="cpu"), out or run / f"policy{SUFFIXES.get(format, '')}", format, k=k, checkpoint=checkpoint
    )
    say(f"{written}: its scores agree with the trained network's. {written}.json describes input and output.")
