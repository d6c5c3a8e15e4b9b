"""Joining a Ray cluster, and saying at once where there is none; and tasks on it."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .errors import InputError
from .extras import require

ADDRESSES = "Give HOST:PORT of its head node, `auto` on one of its machines, or `local`, which starts one here."
KNOCK_SECONDS = 5.0


def joined(address: str) -> Any:
    """The module `ray`, joined to a cluster: the one that this process is in already, else that of the address.

    Args:
        address: `HOST:PORT` of its head node, `auto` on one of its machines, or `local`, which starts one here.

    Raises:
        MissingExtraError: ray is not installed.
        InputError: it is no address, or no cluster answers there.
    """
    require("ray", "Spreading the work")
    import ray

    if not ray.is_initialized():
        known = None if address == "local" else address
        try:
            _knock(address)
            ray.init(address=known, log_to_driver=False, include_dashboard=False if known is None else None)
        except InputError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error).rstrip(".")
            raise InputError(f"No Ray cluster answers ({why}).", where=address, hint=ADDRESSES) from error
    return ray


def results_in_order(ray: Any, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """What a function gives for each of these arguments, each a task of one core, in their order. A task's own error is
    raised as what it is; what has not begun is then left undone.

    Args:
        ray: the module, joined to a cluster.
        function: what a node does.
        arguments: of each task.
    """
    task = ray.remote(num_cpus=1)(function)
    waiting = deque(task.remote(*values) for values in arguments)
    try:
        while waiting:
            yield ray.get(waiting.popleft())
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    finally:
        # To cancel a task that is done can end this process.
        _, pending = ray.wait(list(waiting), num_returns=len(waiting), timeout=0) if waiting else ([], [])
        for reference in pending:
            ray.cancel(reference)


def _knock(address: str) -> None:
    """Raise an OSError where nothing listens at an address: Ray would try for an hour.

    Raises:
        InputError: it is not an address.
    """
    if address in ("local", "auto"):
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not (port.isascii() and port.isdigit() and int(port) < 2**16):
        raise InputError(f"'{address}' is not the address of a Ray cluster.", where="--ray", hint=ADDRESSES)
    socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()
