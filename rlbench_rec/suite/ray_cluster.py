"""Workers on a Ray cluster, whose nodes see this machine's disk: the same jobs and results as in processes here.

Each worker is an actor with one core (and a share of a GPU). The parent alone decides what comes next, so that a run on
a cluster has the bytes of a run on one machine.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..ray_connection import joined
from .local_worker import ONE_THREAD
from .lock import LOCK_FILE
from .shipped_code import INSTALLED, PluginCode
from .stamp import PARTS, made_with
from .worker import Events, Setup, Worker
from .worker_process import AtWork, refusal

GPU = "cuda:0"
SHARED_DISK = "Nodes need the same disk, at the same path: a network drive, for one."


@dataclass(frozen=True)
class RayCluster:
    """A cluster that jobs are spread over.

    Attributes:
        address: as `ray.init` takes it; `local` starts one on this machine.
        gpu_share: of a GPU, that a job takes where it trains on one.
        folder: that the workers write to, and that this process holds; None: they keep nothing.
        device: `cpu` or `cuda:0`.
    """

    address: str
    gpu_share: float = 1.0
    folder: Path | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not 0 < self.gpu_share <= 1:
            raise InputError(
                f"A job cannot take {self.gpu_share:g} of a GPU.", where="--gpu-share", hint="Give 0.1, say."
            )

    def trains_on(self, device: str) -> str:
        """`auto`, `cpu` or `cuda` -> `cpu`, or `cuda:0`: the GPU that Ray gives a worker. `auto` takes one where the
        cluster has one.

        Raises:
            InputError: a GPU is asked for and there is none, or the name is none of these.
        """
        if device not in ("auto", "cpu", "cuda", GPU):
            hint = "Use auto, cpu or cuda: which GPU it is Ray decides."
            raise InputError(f"'{device}' is not a device of a cluster.", where="device", hint=hint)
        gpus = self._resources().get("GPU", 0.0)
        if device in ("cuda", GPU) and gpus < self.gpu_share:
            hint = "Give --device cpu, or start its nodes with --num-gpus."
            raise InputError(f"The cluster has {gpus:g} GPUs.", where=self.address, hint=hint)
        return GPU if device != "cpu" and gpus >= self.gpu_share else "cpu"

    def holding(self, folder: Path, device: str) -> RayCluster:
        """The cluster for a run in a folder that this process holds."""
        return replace(self, folder=folder.absolute(), device=device)

    def room(self, device: str) -> int:
        """How many workers it has room for.

        Raises:
            InputError: for none: Ray would wait for ever without a word.
        """
        resources = self._resources()
        most = resources.get("CPU", 0.0)
        if device == GPU:
            most = min(most, resources.get("GPU", 0.0) / self.gpu_share + 1e-9)
        if most < 1:
            raise InputError("The cluster has no room for a job, which takes one core.", where=self.address)
        return int(most)

    def start(self, setup: Setup, events: Events, job_timeout: float | None) -> RayWorker:
        """A worker, on whichever node has room."""
        return RayWorker(self, setup, events, job_timeout)

    def actor(self) -> Any:
        """A new actor that becomes a worker."""
        gpus = self.gpu_share if self.device == GPU else 0.0
        environment = {"env_vars": ONE_THREAD | {"PYTHONPATH": os.pathsep.join(own_folders())}}
        kind = joined(self.address).remote(RemoteWorker)
        return kind.options(num_cpus=1, num_gpus=gpus, max_restarts=0, runtime_env=environment).remote()

    def _resources(self) -> dict[str, float]:
        return dict(joined(self.address).cluster_resources())


def own_folders() -> list[str]:
    """Where nodes that see this machine's disk find the caller's own modules; the libraries are each node's own."""
    return [folder for folder in map(os.path.abspath, sys.path) if not folder.startswith(INSTALLED)]


class RayWorker(Worker):
    """See `Worker`.

    Args:
        cluster: where it is.
        setup: what is sent to it first.
        events: where it reports.
        job_timeout: as in `Worker`.
    """

    def __init__(self, cluster: RayCluster, setup: Setup, events: Events, job_timeout: float | None):
        super().__init__(job_timeout)
        self._events, self._why = events, ""
        self._actor = cluster.actor()
        content = setup, _expected(cluster.folder), PluginCode.of(setup.plugins)
        self._hear(self._actor.set_up.remote(pickle.dumps(content)))

    def has_ended(self) -> bool:
        # Ray says so by itself.
        return False

    def how_it_ended(self) -> str:
        return f"its worker on the cluster was lost ({self._why})"

    def end(self) -> None:
        import ray

        ray.kill(self._actor, no_restart=True)

    def _send(self, batch: Sequence[Any]) -> None:
        self._hear(self._actor.work.remote(pickle.dumps(batch)))

    def _hear(self, answer: Any) -> None:
        answer.future().add_done_callback(self._heard)

    def _heard(self, answer: Future[bytes]) -> None:
        try:
            said = pickle.loads(answer.result())
        except BaseException as error:
            self._why = " ".join(str(error).split())[:200]
            said = [("ended", None)]
        for kind, content in said:
            self._events.put((self, kind, content))


class RemoteWorker:
    """What runs on a node, as an actor."""

    def set_up(self, content: bytes) -> bytes:
        """A pickle of events; what it gets is a `Setup`, what is expected of the node, and the code of plugins."""
        try:
            setup, expected, code = pickle.loads(content)
            _check(expected)
            code.use(this_node())
            self._at_work = AtWork(setup)
        except BaseException as error:
            return pickle.dumps([refusal(error)])
        return pickle.dumps([("ready", None)])

    def work(self, batch: bytes) -> bytes:
        """A pickle of the events of a batch."""
        return pickle.dumps(self._at_work.answers(batch))


def this_node() -> str:
    """What messages call the machine that this process is on."""
    return f"a node of the cluster ({os.uname().nodename})" if hasattr(os, "uname") else "a node of the cluster"


def _expected(folder: Path | None) -> dict[str, Any]:
    """What a node must have: the working folder, the run's own, and the same code and libraries."""
    held = None if folder is None else (folder, (folder / LOCK_FILE).read_bytes())
    return {"working": Path.cwd(), "held": held, "made_with": made_with()}


def _check(expected: dict[str, Any]) -> None:
    """Raise an InputError where this node is not as the parent's machine is; enter its working folder."""
    node = this_node()
    try:
        os.chdir(expected["working"])
        if expected["held"] is not None:
            folder, text = expected["held"]
            seen = (folder / LOCK_FILE).read_bytes()
            if seen != text:
                raise FileNotFoundError(2, "another folder of that name", str(folder))
    except OSError as error:
        raise InputError(f"It does not see {error.filename}.", where=node, hint=SHARED_DISK) from error
    here = made_with()
    other = [words for part, words in PARTS.items() if here.get(part) != expected["made_with"].get(part)]
    if other:
        hint = "Install the same on every node."
        raise InputError(f"It has {' and '.join(other)} than this machine.", where=node, hint=hint)
