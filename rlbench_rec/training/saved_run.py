"""A training run on disk: run.json and one .safetensors file a checkpoint. Nothing is pickled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

from ..arguments import path_of
from ..errors import InputError, MissingFileError, RlbenchError
from ..files import new_folder
from ..mdp.dataset import StateLayout, TransitionDataset
from ..parsing import read_json, validated
from ..serving.state_encoding import StateEncoding
from .networks import ActionScores
from .training_run import Checkpoint, Run
from .two_stage import FirstStage, FirstStageHeader

FORMAT = 3
READABLE = (2, FORMAT)
MOST = 10_000_000
"""No network has larger sizes."""
PLAIN = (
    "algorithm",
    "encoder",
    "loop",
    "action_count",
    "other_action",
    "steps",
    "steps_used",
    "batch_size",
    "seed",
    "best_step",
    "steps_per_second",
    "reward_scale",
)


def save(run: Run, folder: Path, first: FirstStage | None = None) -> None:
    """Write the run to `folder`, which appears complete or not at all.

    Args:
        run: the run; of two stages, the second.
        folder: not there yet.
        first: the first stage, of which it is noted how it is fitted again.

    Raises:
        OutputError: if the folder exists already or its parent cannot be written.
    """
    from safetensors.torch import save as to_bytes

    weights = {name: to_bytes(network.state_dict()) for name, network in run.networks.items()}
    header: dict[str, object] = {"format": FORMAT, "layout": asdict(run.layout), "config": run.config.model_dump()}
    header |= {name: getattr(run, name) for name in PLAIN} | {"action_names": list(run.action_names)}
    if run.encoding is not None:
        header["encoding"] = run.encoding.to_json()
    header["sha256"] = {name: hashlib.sha256(data).hexdigest() for name, data in weights.items()}
    # NaN is not JSON: what does not apply is null in the file.
    history = run.history.astype(object).where(run.history.notna(), None)
    header["history"] = {"columns": list(history.columns), "rows": history.values.tolist()}
    if first is not None:
        header["first_stage"] = first.header()
    with new_folder(folder) as partial:
        for name, data in weights.items():
            (partial / f"{name}.safetensors").write_bytes(data)
        (partial / "run.json").write_text(json.dumps(header, indent=1, sort_keys=True, allow_nan=False) + "\n")


def load(folder: str | Path, *, device: str = "auto", train: TransitionDataset | None = None) -> Run:
    """Read what `Run.save` wrote; Q values on the same device are the same to the bit.

    Args:
        folder: the run's folder.
        device: where its networks shall be; as in `fit`.
        train: the log that it was trained on, which a run that retrieves candidates needs: its retriever is fitted
            again. Other runs leave it alone.

    Raises:
        MissingFileError: no run here, or one of its files is gone.
        InputError: a file that cannot be read, was changed after it was written, or holds weights of another shape; no
            `train` for a run that retrieves candidates, or one of another log.
    """
    folder = path_of(folder, "folder")
    run, first = _read(folder, device)
    return run if first is None else FirstStage.again(first, train, str(folder)).with_second(run)


def load_second_stage(folder: str | Path, *, device: str = "auto") -> Run:
    """What ranks the candidates of a saved two-stage run, without what retrieves them: a run over slots.

    Raises:
        MissingFileError, InputError: as `load`; or a run that retrieves no candidates.
    """
    run, first = _read(path_of(folder, "folder"), device)
    if first is None:
        raise InputError(f"{run.algorithm} retrieves no candidates: it has one stage.", where=str(folder))
    return run


def _read(folder: Path, device: str) -> tuple[Run, FirstStageHeader | None]:
    """The run of a folder; of two stages the second, and what the first is."""
    from .device import resolve

    device, path = resolve(device), folder / "run.json"
    content = read_json(path, "saved run", "Give a folder written by save.")
    if not isinstance(content, dict) or content.get("format") not in READABLE:
        raise InputError(f"Not a run of format {FORMAT}.", where=str(path))
    header = validated(content if content["format"] == FORMAT else _upgraded(content), _Header, str(path))
    try:
        return _rebuild(header, folder, device), header.first_stage
    except RlbenchError:
        raise
    # Sizes that no network has end in torch's RuntimeError.
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, MemoryError, OverflowError) as error:
        raise InputError(f"The header does not fit ({_reason(error)}).", where=str(path)) from error


def _upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """run.json of format 2 in today's: networks were in the log's units, and steps as many as were asked for."""
    config = content.get("config")
    if isinstance(config, dict) and "gamma" in config:
        config = config | {"standardise_rewards": False}
    return content | {"config": config, "reward_scale": 1.0, "steps_used": content.get("steps")}


class _History(BaseModel):
    columns: list[str]
    rows: list[list[float | None]]


class _Header(BaseModel):
    """run.json. A checkpoint's name is one of ours, so that no path leads out of the folder."""

    algorithm: str
    encoder: str
    loop: str
    layout: dict[str, Annotated[int, Field(ge=0, le=MOST)]]
    config: dict[str, object]
    action_count: int = Field(ge=1, le=MOST)
    other_action: int | None = Field(ge=0, le=MOST)
    action_names: list[str]
    batch_size: int = Field(ge=1, le=MOST)
    steps: Annotated[int, Field(ge=0)] | Literal["plateau"]
    steps_used: int = Field(ge=0)
    seed: int
    best_step: int | None
    steps_per_second: float | None
    reward_scale: float = Field(gt=0, allow_inf_nan=False)
    history: _History
    sha256: dict[Checkpoint, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    encoding: dict[str, object] | None = None
    first_stage: FirstStageHeader | None = None

    @field_validator("layout")
    @classmethod
    def _columns(cls, layout: dict[str, int]) -> dict[str, int]:
        if unknown := sorted(layout.keys() - {field.name for field in fields(StateLayout)}):
            raise ValueError(f"a state has no {', '.join(unknown)}")
        return layout


def _rebuild(header: _Header, folder: Path, device: str) -> Run:
    import pandas as pd

    from .algorithm_config import make_config
    from .trainer import create

    if header.other_action is not None and header.other_action >= header.action_count:
        raise InputError(f"other_action is {header.other_action} of {header.action_count} actions.", where=str(folder))
    layout = StateLayout(**header.layout)
    config = make_config(header.algorithm, header.config, gamma=0.0)
    networks: dict[str, ActionScores] = {}
    for name, sha256 in header.sha256.items():
        algorithm = create(config, header.encoder, layout, header.action_count, header.batch_size, device)
        network = algorithm.score_network(header.other_action)
        _load_weights(network, folder / f"{name}.safetensors", sha256)
        networks[name] = network.eval().requires_grad_(False)
    history = pd.DataFrame(header.history.rows, columns=header.history.columns, dtype=float)
    history = history.astype({"step": int})
    plain = {name: getattr(header, name) for name in PLAIN}
    plain["action_names"] = tuple(header.action_names)
    if header.encoding is not None:
        plain["encoding"] = StateEncoding.from_json(header.encoding, f"{folder / 'run.json'}: encoding")
    return Run(config=config, layout=layout, networks=networks, history=history, **plain)


def _load_weights(network: ActionScores, path: Path, sha256: str) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError("A checkpoint of the run is missing.", where=str(path)) from error
    except OSError as error:
        raise InputError(f"The checkpoint cannot be read ({error.strerror}).", where=str(path)) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError("The file is not the one that was saved.", where=str(path), hint="Restore it or train again.")
    try:
        network.load_state_dict(from_bytes(data))
    except (SafetensorError, RuntimeError) as error:
        raise InputError(
            f"The weights do not fit the network of run.json ({_reason(error)}).", where=str(path)
        ) from error


def _reason(error: Exception) -> str:
    """What torch says, which can be a line for each layer."""
    text = " ".join(str(error).split())
    return text if len(text) < 500 else f"{text[:500]}…"
