"""How far a training is, kept in one file, so that it can go on after an interruption and end with the same weights."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import InputError
from ..files import write_bytes
from ..mdp.dataset import TransitionDataset
from .learning_curve import Point
from .loops.loop import Loop


class Progress:
    """A file with everything a training needs to go on: weights, targets, optimisers, the sampler, and the curve.

    Args:
        path: the file; its folder must exist.
        settings: what must be the same when training goes on, as JSON values.
        algo: d3rlpy's algorithm with its networks.
        loop: the loop that trains it.
    """

    def __init__(self, path: Path, settings: dict[str, Any], algo: Any, loop: Loop):
        self.path, self.algo, self.loop = path, algo, loop
        self.fingerprint = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def save(self, point: Point) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        from safetensors.torch import save

        tensors = self._tensors()
        if point.best is not None:
            tensors |= {f"best.{name}": tensor for name, tensor in point.best.state_dict().items()}
        header = {name: value for name, value in vars(point).items() if name != "best"}
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        metadata = {"fingerprint": self.fingerprint, "point": json.dumps(header)}
        write_bytes(self.path, save(tensors, metadata=metadata))

    def restore(self, network: nn.Module) -> Point:
        """Put algorithm and loop back to where the file left them; step 0 where there is no file.

        Args:
            network: a network like the best one.

        Raises:
            InputError: the file is of another training, or cannot be read.
        """
        if not self.path.exists():
            return Point()
        metadata, tensors = _read(self.path)
        if metadata.get("fingerprint") != self.fingerprint:
            raise InputError(
                "This is the progress of another training: its data or its settings differ.",
                where=str(self.path),
                hint="Delete the file, or name another.",
            )
        try:
            return self._restored(metadata, tensors, network)
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:500]
            raise InputError(
                f"The file lacks something ({reason}).", where=str(self.path), hint="Delete it."
            ) from error

    def _restored(self, metadata: dict[str, str], tensors: dict[str, torch.Tensor], network: nn.Module) -> Point:
        point = Point(**json.loads(metadata["point"]))
        best = {name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")}
        if best:
            point.best = copy.deepcopy(network)
            point.best.load_state_dict(best)
        for name, module in networks_in(self.algo.impl).items():
            own = f"{name}."
            module.load_state_dict({k.removeprefix(own): t for k, t in tensors.items() if k.startswith(own)})
        for number, optimiser in enumerate(self.loop.optimisers):
            _restore_optimiser(optimiser, tensors, f"optimiser{number}.")
        self.loop.sampling.set_state(tensors["sampling"])
        self.algo.set_grad_step(point.step)
        return point

    def _tensors(self) -> dict[str, torch.Tensor]:
        tensors = {"sampling": self.loop.sampling.get_state()}
        for name, module in networks_in(self.algo.impl).items():
            tensors |= {f"{name}.{key}": tensor for key, tensor in module.state_dict().items()}
        for number, optimiser in enumerate(self.loop.optimisers):
            for parameter, state in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser{number}.{parameter}.{key}": tensor for key, tensor in state.items()}
        return tensors


def settings_of(data: TransitionDataset, **settings: Any) -> dict[str, Any]:
    """What must be the same when a training goes on: its settings, and the data."""
    digest = hashlib.sha256()
    for column in (data.actions, data.rewards, data.episode_starts, data.observations):
        digest.update(column.tobytes())
    return settings | {"layout": asdict(data.layout), "action_count": data.action_count, "data": digest.hexdigest()}


def networks_in(impl: Any) -> dict[str, nn.Module]:
    """The networks of d3rlpy's algorithm, targets and policies included, by its names."""
    parts = vars(impl.modules).items()
    return {name: part for name, part in parts if isinstance(part, nn.Module)}


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], own: str) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(own):
            parameter, key = name.removeprefix(own).split(".")
            state.setdefault(int(parameter), {})[key] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"The file cannot be read ({error}).", where=str(path), hint="Delete it.") from error
