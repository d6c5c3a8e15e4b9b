"""Options that several commands have that do the jobs of a suite: what of, on which machines, in how many processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from . import completion

if TYPE_CHECKING:
    from ..suite.ray_cluster import RayCluster

SuiteName = Annotated[
    str, typer.Argument(help="Suite name or .toml file; see `rlbench list suites`.", autocompletion=completion.suites)
]
RawLog = Annotated[Path | None, typer.Option(help="File or folder of the raw log, with --dataset.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Worker processes; default one per core.")]
Ray = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Spread the jobs over this Ray cluster; `local` starts one here."),
]
GpuShare = Annotated[float, typer.Option(metavar="SHARE", help="With --ray: how much of a GPU a job takes; default 1.")]


def cluster_of(ray: str, gpu_share: float = 1.0) -> RayCluster | None:
    """The cluster that was asked for; None for this machine.

    Raises:
        InputError: a share that is none, or one of no cluster.
    """
    from ..suite.ray_cluster import RayCluster

    if not ray and gpu_share != 1.0:
        raise InputError("Shares of a GPU are those of a Ray cluster.", where="--gpu-share", hint="Give --ray too.")
    return RayCluster(ray, gpu_share) if ray else None
