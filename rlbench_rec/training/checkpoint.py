"""A training run on disk: run.json and one .safetensors file a checkpoint. Nothing is pickled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError, MissingFileError, RlbenchError
from ..files import new_folder
from ..mdp.dataset import StateLayout
from .run import Run

FORMAT = 1
PLAIN = ("algorithm", "encoder", "loop", "action_count", "steps", "batch_size", "seed", "best_step", "steps_per_second")


def save(run: Run, folder: Path) -> None:
    """Write the run to `folder`, which appears complete or not at all.

    Raises:
        OutputError: if the folder exists already or its parent cannot be written.
    """
    from safetensors.torch import save as to_bytes

    weights = {name: to_bytes(network.state_dict()) for name, network in run.networks.items()}
    header: dict[str, Any] = {"format": FORMAT, "layout": asdict(run.layout), "config": run.config.model_dump()}
    header |= {name: getattr(run, name) for name in PLAIN} | {"action_names": list(run.action_names)}
    header["sha256"] = {name: hashlib.sha256(data).hexdigest() for name, data in weights.items()}
    # NaN is not JSON: what does not apply is null in the file.
    history = run.history.astype(object).where(run.history.notna(), None)
    header["history"] = {"columns": list(history.columns), "rows": history.values.tolist()}
    with new_folder(folder) as partial:
        for name, data in weights.items():
            (partial / f"{name}.safetensors").write_bytes(data)
        (partial / "run.json").write_text(json.dumps(header, indent=1, sort_keys=True, allow_nan=False) + "\n")


def load(folder: str | Path, *, device: str = "auto") -> Run:
    """Read what `Run.save` wrote; Q values on the same device are the same to the bit.

    Args:
        folder: the run's folder.
        device: where its networks shall be; as in `fit`.

    Raises:
        MissingFileError: no run here, or one of its files is gone.
        InputError: a file that cannot be read, was changed after it was written, or holds weights of another shape.
    """
    from .device import resolve

    folder, device = Path(folder), resolve(device)
    header = _read_header(folder / "run.json")
    try:
        return _rebuild(header, folder, device)
    except RlbenchError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"The header does not fit ({error}).", where=str(folder / "run.json")) from error


def _rebuild(header: dict[str, Any], folder: Path, device: str) -> Run:
    import pandas as pd

    from .algorithms import make_config
    from .fitting import create

    layout = StateLayout(**header["layout"])
    config = make_config(header["algorithm"], header["config"], gamma=0.0)
    networks = {}
    for name in header["sha256"]:
        algo = create(config, header["encoder"], layout, header["action_count"], header["batch_size"], device)
        network = config.network(algo.impl)
        _load_weights(network, folder / f"{name}.safetensors", header["sha256"][name])
        networks[name] = network.eval().requires_grad_(False)
    history = pd.DataFrame(header["history"]["rows"], columns=header["history"]["columns"], dtype=float)
    history = history.astype({"step": int})
    plain = {name: header[name] for name in PLAIN}
    names = tuple(map(str, header["action_names"]))
    return Run(config=config, layout=layout, networks=networks, history=history, action_names=names, **plain)


def _load_weights(network: Any, path: Path, sha256: str) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError("A checkpoint of the run is missing.", where=str(path)) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError("The file is not the one that was saved.", where=str(path), hint="Restore it or train again.")
    try:
        network.load_state_dict(from_bytes(data))
    except (SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"The weights do not fit the network of run.json ({reason}).", where=str(path)) from error


def _read_header(path: Path) -> dict[str, Any]:
    try:
        header = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise MissingFileError("No saved run here.", where=str(path), hint="Give a folder written by save.") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"The header cannot be read ({error}).", where=str(path)) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError(f"Not a run of format {FORMAT}.", where=str(path))
    missing = {"action_names", "config", "layout", "history", "sha256", *PLAIN} - header.keys()
    if missing:
        raise InputError(f"Keys are missing: {', '.join(sorted(missing))}.", where=str(path))
    return header
