"""Options of the commands that spread jobs over a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..suite.ray_cluster import RayCluster

Ray = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Spread the jobs over this Ray cluster; `local` starts one here.")
]
GpuShare = Annotated[float, typer.Option(metavar="SHARE", help="With --ray: how much of a GPU a job takes; default 1.")]


def cluster_of(ray: str, gpu_share: float = 1.0) -> RayCluster | None:
    """The cluster that was asked for; None for this machine.

    Raises:
        InputError: a share that is none.
    """
    from ..suite.ray_cluster import RayCluster

    return RayCluster(ray, gpu_share) if ray else None
