"""A trained policy for serving: one file that ranks actions, without d3rlpy or this package."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from ..arguments import expect, path_of
from ..errors import InputError, RlbenchError, UnknownNameError
from ..extras import require
from ..files import make_folder, new_file, write_text
from ..mdp.dataset import TransitionDataset
from ..mdp.past import Past
from ..policies import Policy, PolicyForm, Reweighted, parse_form
from ..policies.forms import PARAMETERS, REWEIGHTED_FORMS
from .drawn_policies import DRAWN_FORMS, TopKDrawn
from .exported_description import description
from .networks.action_scores import past_columns
from .networks.table_scores import TableScores
from .served_policies import TopK, TopKReweighted
from .training_run import Run
from .two_stage import TwoStageRun

SUFFIXES = {"torchscript": ".pt", "onnx": ".onnx"}
"""Format -> what its files are called."""
CHECKED_STATES = 1_000
DEFAULT_K = 10
"""Actions that a greedy file returns."""

Exported = Callable[..., Sequence[torch.Tensor]]
"""What an exported file takes -> what it gives."""


def export(
    run: Run,
    path: str | Path,
    format: str = "torchscript",
    *,
    k: int | None = None,
    checkpoint: str = "last",
    form: str | PolicyForm = "greedy",
    temperature: float | None = None,
    on: TransitionDataset | None = None,
    base: Policy | None = None,
) -> Path:
    """Write a policy as one file, for any number of states at a time, and beside it a .json file that says what goes in
    and what the actions are called.

    `greedy` takes states and gives the best actions with their scores; `softmax-<tau>`, `epsilon-greedy-<epsilon>` and
    `stochastic` give the likeliest actions with their probabilities, to draw from, and so do `tilted-<k>`, `mixed-<m>`
    and `constrained-<c>`, which also take the probabilities that whatever is in service gives to all actions. A policy
    that looks at the past of a session takes it as further inputs.
    The file is read back and compared with the trained network, or with the policy in numpy, on 1,000 random states
    before it appears under its name: the same within 1e-5.

    Args:
        run: the trained run.
        path: file to write; one that is there is replaced.
        format: `torchscript` (torch.jit.load) or `onnx` (ONNX Runtime; needs the extra `export`).
        k: how many actions to return; all that can be recommended where there are fewer. None: 10 of `greedy`, all of
            the others, so that one can be drawn.
        checkpoint: `last` or `best`.
        form: of the policy.
        temperature: of `tilted`; None: it is set on a log.
        on, base: the log that sets the temperature, and the behaviour policy there; see `Run.policy`.

    Returns:
        The path.

    Raises:
        UnknownNameError: an unknown format.
        InputError: k below 1, no such checkpoint, a form that cannot be exported or whose temperature is not known, or
            a file that does not agree with the policy.
        MissingExtraError: ONNX without its packages.
        OutputError: the file cannot be written.
    """
    expect(run, Run, "run")
    path = path_of(path, "path")
    if format not in SUFFIXES:
        raise UnknownNameError("format", format, SUFFIXES)
    if isinstance(run, TwoStageRun):
        what = f"Its candidates come from {run.first.retrieval.policy}, which is not a network and which no file holds."
        raise InputError(what, where=run.algorithm, hint="Export run.second, which ranks candidates that it is given.")
    if k is not None and k < 1:
        raise InputError(f"{k}; at least 1 is needed.", where="k")
    form = parse_form(form, "form") if isinstance(form, str) else form
    module = _module(run, form, k, checkpoint, {"temperature": temperature, "on": on, "base": base})
    inputs = module.examples(_example_states(run, checkpoint), _random_past(run))
    make_folder(path.parent)
    # In memory: where a disk is full, torch's own writing ends the process.
    content = (_to_torchscript if format == "torchscript" else _to_onnx)(module, inputs)
    exported = _read_torchscript(content) if format == "torchscript" else _read_onnx(content)
    with torch.inference_mode():
        outputs = exported(*inputs)
    module.check(inputs, outputs)
    with new_file(path) as partial:
        partial.write_bytes(content)
        about = json.dumps(description(run, module, content, format, form), indent=1)
        write_text(path.with_name(f"{path.name}.json"), about + "\n")
    return path


def _module(run: Run, form: PolicyForm, k: int | None, checkpoint: str, given: dict[str, Any]) -> TopK:
    network = copy.deepcopy(run.network(checkpoint)).cpu().eval()
    recommendable = run.action_count - (run.other_action is not None)
    if form.name == "greedy":
        k = min(k or DEFAULT_K, recommendable)
        return TopK(network, k, run.layout, run.other_action, run.unit).eval()
    unit, k = run.q_unit(checkpoint), min(k or recommendable, recommendable)
    if form.name in DRAWN_FORMS:
        policy = run.policy(form.name, **form.arguments, checkpoint=checkpoint)
        return TopKDrawn(network, k, run.layout, run.other_action, run.unit, policy).eval()
    if form.name not in REWEIGHTED_FORMS:
        parts = [f"{name}-<{PARAMETERS[name]}>" for name in PARAMETERS]
        hint = f"Export greedy, stochastic, {', '.join(parts)}."
        raise InputError(f"A policy of the form '{form}' cannot be exported.", where="form", hint=hint)
    # A divergence is what a temperature was found by.
    arguments = {} if given["temperature"] is not None and form.name == "tilted" else form.arguments
    policy = run.policy(form.name, **arguments, **given, checkpoint=checkpoint)
    assert isinstance(policy, Reweighted), "of these forms"
    # They reweight by Q values, which an actor-critic's policy does not score by.
    return TopKReweighted(network.critic, k, run.layout, run.other_action, unit, policy).eval()


def _example_states(run: Run, checkpoint: str) -> np.ndarray:
    """Random states; for a table, which knows none of them, half of them are its own."""
    states, network = _random_states(run), run.network(checkpoint)
    if isinstance(network, TableScores):
        known = network.states.cpu().numpy()
        states[: CHECKED_STATES // 2] = known[np.resize(np.arange(len(known)), CHECKED_STATES // 2)]
    return states


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


def _random_past(run: Run) -> list[torch.Tensor]:
    """What may have been before these states, for a network that looks at it; the states before are others of them."""
    if run.memory is None:
        return []
    states, rng = _random_states(run), np.random.default_rng(2)
    past = Past.start(CHECKED_STATES, run.memory, run.layout.size, 1.0)
    past.steps[:] = rng.integers(2 * run.memory + 3, size=CHECKED_STATES)
    past.earned[:] = rng.normal(size=CHECKED_STATES) * (past.steps > 0)
    real = np.arange(run.memory)[::-1] < past.steps[:, None]
    past.rewards[:] = real * rng.normal(size=real.shape)
    past.actions[:] = np.where(real, rng.integers(run.action_count, size=real.shape), -1)
    past.states[:] = np.where(real[..., None], states[rng.integers(CHECKED_STATES, size=real.shape)], 0.0)
    return [torch.from_numpy(column) for column in past_columns(past)]


def _two(inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """What is traced: two rows are any number of rows to the exporters."""
    return tuple(part[:2] for part in inputs)


def _to_torchscript(module: TopK, inputs: tuple[torch.Tensor, ...]) -> bytes:
    stream = io.BytesIO()
    with torch.inference_mode(), _quietly():
        torch.jit.save(torch.jit.freeze(torch.jit.trace(module, _two(inputs), check_trace=False)), stream)
    return stream.getvalue()


def _to_onnx(module: TopK, inputs: tuple[torch.Tensor, ...]) -> bytes:
    _onnx_runtime()
    batch = torch.export.Dim("batch")
    with _quietly():
        program = torch.onnx.export(
            module,
            _two(inputs),
            dynamo=True,
            input_names=list(module.takes),
            output_names=list(module.gives),
            dynamic_shapes=_as_arguments(module, [{0: batch} for _ in inputs]),
            verbose=False,
        )
        assert program is not None, "dynamo gives a program"
        return program.model_proto.SerializeToString()


def _as_arguments(module: TopK, each: Sequence[Any]) -> tuple[Any, ...]:
    """One thing an input as `torch.export` wants it: those that go into `*past` as a tuple of their own."""
    named = 2 if isinstance(module, TopKReweighted) else 1
    return (*each[:named], tuple(each[named:])) if len(each) > named else tuple(each)


def _onnx_runtime() -> ModuleType:
    require("export", "An ONNX file")
    import onnxruntime

    return onnxruntime


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The exporters report progress on stdout and warn about their own insides; `TopK.check` finds what is wrong."""
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


def read_exported(path: Path) -> Exported:
    """What a file that `export` wrote computes. TorchScript is read by torch's own reader and ONNX by ONNX Runtime;
    neither runs Python code.

    Raises:
        InputError: it cannot be read.
        MissingExtraError: ONNX without its packages.
    """
    try:
        content = path.read_bytes()
        return _read_torchscript(content) if path.suffix == SUFFIXES["torchscript"] else _read_onnx(content)
    except (RlbenchError, KeyboardInterrupt):
        raise
    # ONNX Runtime has a class of error for every kind of damage.
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"It is not a policy that was exported ({why}).", where=str(path)) from error


def _read_torchscript(content: bytes) -> Exported:
    with _quietly():
        return torch.jit.load(io.BytesIO(content))


def _read_onnx(content: bytes) -> Exported:
    session = _onnx_runtime().InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]

    def run(*inputs: torch.Tensor) -> list[torch.Tensor]:
        given = {name: part.numpy() for name, part in zip(names, inputs, strict=True)}
        return [torch.from_numpy(part) for part in session.run(None, given)]

    return run
