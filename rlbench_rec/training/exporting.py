"""A trained policy for serving: one file that ranks actions, without d3rlpy or this package."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import nn

from ..errors import InputError, UnknownNameError
from ..extras import require
from ..files import make_folder, new_file, write_text
from ..mdp.dataset import StateLayout
from .networks.heads import RULED_OUT
from .training_run import Run

SUFFIXES = {"torchscript": ".pt", "onnx": ".onnx"}
"""Format -> what its files are called."""
CHECKED_STATES = 1_000
TOLERANCE = 1e-5
"""Largest difference of a score from the trained network's, relative where scores exceed 1."""

Exported = Callable[[torch.Tensor], Sequence[torch.Tensor]]
"""States -> actions and scores, by the exported file."""


class TopK(nn.Module):
    """(b, state size) float32 states -> (b, k) int64 actions from best to worst, and their (b, k) float32 scores.

    Where states end in candidates, it gives their item ids, 0 for an empty slot and for an item outside the vocabulary.
    The action outside the vocabulary is never among the best, since nobody could show it: k is less than the number of
    actions where there is one.
    """

    def __init__(self, network: nn.Module, k: int, layout: StateLayout, other_action: int | None, unit: float = 1.0):
        super().__init__()
        self.network, self.k, self.candidates, self.other_item = network, k, layout.candidates, layout.other_item
        self.other_action, self.unit = other_action, unit

    def scores(self, states: torch.Tensor) -> torch.Tensor:
        """(b, A) the network's scores in the log's units; what stands for items outside the vocabulary is ruled out."""
        scores = self.network(states)
        if self.unit != 1.0:
            scores = torch.where(scores <= RULED_OUT / 2, RULED_OUT, scores * self.unit)
        if self.other_action is not None:
            # Below what a state forbids, of which there may be so much that it has to fill up the k.
            other = torch.arange(scores.shape[1], device=scores.device) == self.other_action
            scores = torch.where(other, 2.0 * RULED_OUT, scores)
        if self.candidates and self.other_item:
            scores = torch.where(self.shown(states) == 0, RULED_OUT, scores)
        return scores

    def shown(self, states: torch.Tensor) -> torch.Tensor:
        """(b, candidates) item ids, 0 for what cannot be recommended."""
        ids = states[:, states.shape[1] - self.candidates :].long()
        return torch.where(ids == self.other_item, 0, ids)

    def forward(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, actions = self.scores(states).topk(self.k, dim=1)
        return (self.shown(states).gather(1, actions) if self.candidates else actions), scores


def export(run: Run, path: str | Path, format: str = "torchscript", *, k: int = 10, checkpoint: str = "last") -> Path:
    """Write the network with its top-k ranking as one file, for any number of states at a time, and beside it a
    .json file that says what goes in and what the actions are called.

    The file is read back and compared with the trained network on 1,000 random states before it appears under its
    name: the same scores within 1e-5.

    Args:
        run: the trained run.
        path: file to write; one that is there is replaced.
        format: `torchscript` (torch.jit.load) or `onnx` (ONNX Runtime; needs the extra `export`).
        k: how many actions to return; all that can be recommended where there are fewer.
        checkpoint: `last` or `best`.

    Returns:
        The path.

    Raises:
        UnknownNameError: an unknown format.
        InputError: k below 1, no such checkpoint, or a file that does not agree with the network.
        MissingExtraError: ONNX without its packages.
        OutputError: the file cannot be written.
    """
    if format not in SUFFIXES:
        raise UnknownNameError("format", format, SUFFIXES)
    if k < 1:
        raise InputError(f"{k}; at least 1 is needed.", where="k")
    network = copy.deepcopy(run.network(checkpoint)).cpu().eval()
    recommendable = run.action_count - (run.other_action is not None)
    module = TopK(network, min(k, recommendable), run.layout, run.other_action, run.unit).eval()
    states = torch.from_numpy(_random_states(run))
    path = Path(path)
    make_folder(path.parent)
    # In memory: where a disk is full, torch's own writing ends the process.
    content = (_to_torchscript if format == "torchscript" else _to_onnx)(module, states)
    _compare(module, states, _read_torchscript(content) if format == "torchscript" else _read_onnx(content))
    with new_file(path) as partial:
        partial.write_bytes(content)
        write_text(path.with_name(f"{path.name}.json"), json.dumps(_card(run, module, format), indent=1) + "\n")
    return path


def _card(run: Run, module: TopK, format: str) -> dict[str, object]:
    layout = run.layout
    return {
        "format": format,
        "algorithm": run.algorithm,
        "encoder": run.encoder,
        "input": {"states": ["batch", layout.size], "columns": asdict(layout)},
        "output": {"actions": ["batch", module.k], "scores": ["batch", module.k]},
        "action_names": list(run.action_names),
    }


def _random_states(run: Run) -> np.ndarray:
    """States of the run's layout: normal context, histories of every length."""
    layout, rng = run.layout, np.random.default_rng(0)
    lengths = rng.integers(layout.history + 1, size=(CHECKED_STATES, 1))
    real = np.arange(layout.history)[::-1] < lengths
    shape = (CHECKED_STATES, layout.history)
    columns = [
        rng.normal(size=(CHECKED_STATES, layout.context)),
        real * rng.integers(1, layout.item_count + 1, size=shape) if layout.history else np.zeros(shape),
        real * rng.integers(1, layout.event_count + 1, size=shape) if layout.history else np.zeros(shape),
        real * rng.exponential(60.0, size=shape),
        rng.random((CHECKED_STATES, layout.forbidden)) < 0.3,
        rng.integers(layout.item_count + 1, size=(CHECKED_STATES, layout.candidates)),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _to_torchscript(module: TopK, states: torch.Tensor) -> bytes:
    stream = io.BytesIO()
    with torch.inference_mode(), _quietly():
        torch.jit.save(torch.jit.freeze(torch.jit.trace(module, states[:2], check_trace=False)), stream)
    return stream.getvalue()


def _to_onnx(module: TopK, states: torch.Tensor) -> bytes:
    _onnx_runtime()
    with _quietly():
        program = torch.onnx.export(
            module,
            (states[:2],),
            dynamo=True,
            input_names=["states"],
            output_names=["actions", "scores"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
        assert program is not None, "dynamo gives a program"
        return program.model_proto.SerializeToString()


def _onnx_runtime() -> ModuleType:
    require("export", "An ONNX file")
    import onnxruntime

    return onnxruntime


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The exporters report progress on stdout and warn about their own insides; `_compare` finds what is wrong."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _read_torchscript(content: bytes) -> Exported:
    with _quietly():
        return torch.jit.load(io.BytesIO(content))


def _read_onnx(content: bytes) -> Exported:
    session = _onnx_runtime().InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda states: [torch.from_numpy(part) for part in session.run(None, {"states": states.numpy()})]


def _compare(module: TopK, states: torch.Tensor, exported: Exported) -> None:
    """Scores by rank, and the score that the network gives each exported action: equal but for rounding."""
    with torch.inference_mode():
        all_scores = module.scores(states)
        _, expected = module(states)
        actions, scores = exported(states)
        if module.candidates:
            actions = (module.shown(states).unsqueeze(1) == actions.unsqueeze(2)).int().argmax(dim=2)
    allowed = TOLERANCE * expected.abs().clamp(min=1.0)
    worst = torch.maximum((scores - expected).abs(), (all_scores.gather(1, actions) - expected).abs()) / allowed
    if not bool((worst <= 1.0).all()):
        raise InputError(f"The exported scores are off by up to {float(worst.max()) * TOLERANCE:.2g}.", where="export")
