"""A training kept in one file, so that it can go on after an interruption and end with the same weights."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch

from ..errors import InputError
from ..files import write_bytes
from ..mdp.dataset import TransitionDataset
from .algorithm_config import AlgorithmConfig
from .fit_options import FitOptions
from .learning_curve import Point
from .loops.loop import Loop
from .networks import ActionScores
from .trainable import Trainable


def settings_of(algorithm: str, config: AlgorithmConfig, seed: int, options: FitOptions) -> dict[str, object]:
    """What must be the same when a training goes on, beside its data."""
    return {
        "algorithm": algorithm,
        "encoder": options.encoder,
        "loop": options.loop,
        "config": config.model_dump(),
        "steps": options.steps,
        "stride": options.stride,
        "batch_size": options.batch_size,
        "seed": seed,
    }


class ResumableCheckpoint:
    """A file with everything a training needs to go on: weights, targets, optimisers, the sampler, and the curve.

    Args:
        path: the file; its folder must exist.
        data: what is trained on; it must be the same when training goes on.
        settings: what else must be the same then, as JSON values.
        algorithm: what is trained.
        loop: the loop that trains it.
    """

    def __init__(
        self, path: Path, data: TransitionDataset, settings: Mapping[str, object], algorithm: Trainable, loop: Loop
    ):
        self.path, self.algorithm, self.loop = path, algorithm, loop
        self.fingerprint = _fingerprint(data, settings)

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

    def restore(self, network: ActionScores) -> Point:
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
                "This checkpoint is of another training: its data or its settings differ.",
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

    def _restored(self, metadata: dict[str, str], tensors: dict[str, torch.Tensor], network: ActionScores) -> Point:
        point = Point(**json.loads(metadata["point"]))
        if best := _below("best.", tensors):
            point.best = copy.deepcopy(network)
            point.best.load_state_dict(best)
        for name, module in self.algorithm.networks.items():
            module.load_state_dict(_below(f"network.{name}.", tensors))
        for number, optimiser in enumerate(self.loop.optimisers):
            _restore_optimiser(optimiser, _below(f"optimiser{number}.", tensors))
        (sampling,) = self.loop.sampling
        sampling.set_state(tensors["sampling"])
        torch.set_rng_state(tensors["dropout"])
        if "dropout.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["dropout.cuda"], self._device)
        self.algorithm.grad_step = point.step
        return point

    @property
    def _device(self) -> torch.device:
        return next(
            weight.device
            for module in self.algorithm.networks.values()
            # A table of values has buffers alone.
            for weight in (*module.parameters(), *module.buffers())
        )

    def _tensors(self) -> dict[str, torch.Tensor]:
        (sampling,) = self.loop.sampling
        # What dropout draws comes from torch's global generators, which training has to itself.
        tensors = {"sampling": sampling.get_state(), "dropout": torch.get_rng_state()}
        if self._device.type == "cuda":
            tensors["dropout.cuda"] = torch.cuda.get_rng_state(self._device)
        for name, module in self.algorithm.networks.items():
            tensors |= {f"network.{name}.{key}": tensor for key, tensor in module.state_dict().items()}
        for number, optimiser in enumerate(self.loop.optimisers):
            for parameter, state in optimiser.state_dict()["state"].items():
                kept = {key: value for key, value in state.items() if value is not None}
                tensors |= {f"optimiser{number}.{parameter}.{key}": tensor for key, tensor in kept.items()}
        return tensors


def _fingerprint(data: TransitionDataset, settings: Mapping[str, object]) -> str:
    digest = hashlib.sha256()
    for column in (data.actions, data.rewards, data.episode_starts, data.observations):
        digest.update(column.tobytes())
    of_data = {"layout": asdict(data.layout), "action_count": data.action_count, "data": digest.hexdigest()}
    return hashlib.sha256(json.dumps({**settings, **of_data}, sort_keys=True).encode()).hexdigest()


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        parameter, key = name.split(".")
        state.setdefault(int(parameter), {})[key] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"The file cannot be read ({error}).", where=str(path), hint="Delete it.") from error
