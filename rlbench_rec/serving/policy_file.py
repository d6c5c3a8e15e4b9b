"""An exported ONNX policy and the JSON beside it, read and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import path_of
from ..errors import InputError, MissingExtraError, MissingFileError
from ..extras import install_command, is_installed
from .state_encoding import StateEncoding

EARNED, STEPS = "earned", "steps"
"""What a policy that asks for a return takes beside the states: what the session has earned, and how many decisions."""
DESCRIBED = "docs/training.md, Serving a trained policy"
AGAIN = "Train with this version and export again."


@dataclass(frozen=True)
class PolicyFile:
    """What an exported file takes and gives.

    Attributes:
        path: of the ONNX file.
        sha256: of its content.
        form: of the policy.
        encoding: how requests become its states.
        action_names: of all actions; of candidates, of all items, from number 1 on.
        other_action: the action of everything outside the vocabulary; None: there is none.
        takes_base: whether it takes the probabilities of what is in service.
        gamma: discount factor of what earlier decisions earned, where the policy goes by it (`rvs`); None: it does not.
        action_count: how many actions it chooses among; of candidates, the slots.
        k: how many it gives.
    """

    path: Path
    sha256: str
    form: str
    encoding: StateEncoding
    action_names: tuple[str, ...]
    other_action: int | None
    takes_base: bool
    gamma: float | None
    action_count: int
    k: int
    session: Any

    @property
    def gives_probabilities(self) -> bool:
        """Whether it draws: its file gives probabilities, and not scores."""
        return self.form != "greedy"

    def run(self, given: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(n, k) int64 actions (of candidates, item numbers), and their (n, k) float32 scores or probabilities.

        Args:
            given: `states`, and where the file takes them `base`, `earned` and `steps`, a row a request.
        """
        actions, values = self.session.run(None, given)
        return actions, values


def unservable(card: Mapping[str, Any]) -> str:
    """Why requests cannot be answered by a file of this description; empty where they can."""
    if card.get("memory"):
        what = f"{card.get('algorithm')} looks at the states, actions and rewards of earlier decisions"
        return f"{what}, which requests do not hold."
    if not card.get("encoding"):
        return "It does not say how requests become states."
    return ""


def read_policy_file(path: str | Path, threads: int = 1) -> PolicyFile:
    """Read a policy that `rlbench export --format onnx` wrote. It runs no code of the file, and opens no other.

    Args:
        path: of the ONNX file; `<path>.json` stands beside it.
        threads: of ONNX Runtime, for one request.

    Raises:
        MissingFileError: one of the two files is not there.
        InputError: they cannot be read, do not belong together, or hold a policy that cannot be served by requests.
        MissingExtraError: without ONNX Runtime.
    """
    if not is_installed("onnxruntime"):
        hint = f"Install the extra: {install_command('serve')}."
        raise MissingExtraError("Serving needs onnxruntime, which is not installed.", hint=hint)
    path = path_of(path, "path")
    content, where = _read(path), f"{path}.json"
    card = _json(_read(Path(where)), where)
    sha256 = hashlib.sha256(content).hexdigest()
    if card.get("sha256") != sha256:
        hint = "Export it again: both files are written together." if "sha256" in card else AGAIN
        raise InputError("The description is not that of this file: its sha256 differs.", where=where, hint=hint)
    if why := unservable(card):
        own = f"Call the file yourself ({DESCRIBED}), or serve another algorithm."
        raise InputError(why, where=where, hint=own if card.get("memory") else AGAIN)
    encoding = StateEncoding.from_json(card["encoding"], f"{where}: encoding")
    try:
        inputs, gives = card["input"], int(card["output"]["actions"][1])
        if inputs["states"][1] != encoding.size:
            raise ValueError(f"states of {inputs['states'][1]} and {encoding.size} columns")
        names = tuple(map(str, card["action_names"])) or tuple(map(str, range(card["action_count"])))
        other = None if card["other_action"] is None else int(card["other_action"])
        about: dict[str, Any] = {"form": str(card["form"]), "takes_base": "base" in inputs, "k": gives}
        about |= {"gamma": float(card["gamma"]) if EARNED in inputs else None}
        about |= {"action_count": int(card["action_count"]), "other_action": other}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"It does not fit ({error}).", where=where, hint=AGAIN) from error
    names = ("", *encoding.items) if encoding.candidates else names
    return PolicyFile(
        path, sha256, encoding=encoding, action_names=names, session=_session(content, path, threads), **about
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = "rlbench export --format onnx writes a file and its .json."
        raise MissingFileError("There is no such file.", where=str(path), hint=hint) from error
    except OSError as error:
        raise InputError(f"It cannot be read ({error.strerror}).", where=str(path)) from error


def _json(content: bytes, where: str) -> dict[str, Any]:
    try:
        card = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"It is not JSON ({error}).", where=where) from error
    if not isinstance(card, dict):
        raise InputError("It is not the description of a policy.", where=where)
    return card


def _session(content: bytes, path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    # ONNX Runtime has a class of error for every kind of damage.
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"It is not a policy that was exported ({why}).", where=str(path)) from error
