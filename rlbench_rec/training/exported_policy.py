"""An exported file as a policy: what it serves, on logged states."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from ..errors import InputError, MissingFileError
from ..mdp.past import Past
from ..parsing import read_json
from ..policies import Policy, Reweighted
from .exporting import SUFFIXES, read_exported


def is_exported(path: Path) -> bool:
    """Whether a path looks like a file that `export` wrote."""
    return path.suffix in SUFFIXES.values()


class _File:
    """The file and what its .json file says of it."""

    def __init__(self, path: Path):
        if not path.is_file():
            raise MissingFileError("There is no such file.", where=str(path))
        self.path = path
        card = read_json(path.with_name(f"{path.name}.json"), "description of the file", "rlbench export wrote it.")
        try:
            self.form, self.names = str(card["form"]), tuple(card["action_names"])
            self.state_size, self.k = int(card["input"]["states"][1]), int(card["output"]["actions"][1])
            self.takes_base = "base" in card["input"]
            # Files of earlier versions do not say how many actions there are.
            self.action_count = int(card.get("action_count", max(len(self.names), self.k)))
            candidates = int(card["input"]["columns"]["candidates"])
            looks_back = "earned" in card["input"]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"Its description lacks {error}.", where=f"{path}.json") from error
        if candidates or looks_back:
            what = "It takes candidates." if candidates else "It looks at the past of a session."
            raise InputError(what, where=str(path), hint="Score the saved run that it was exported from.")
        self.call = read_exported(path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        # Files of earlier versions do not say theirs.
        if card.get("sha256", sha256) != sha256:
            what = "The description is not that of this file: its sha256 differs."
            raise InputError(what, where=f"{path}.json", hint="Export it again: both are written together.")

    def outputs(self, *inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, k) actions, and their scores or probabilities."""
        with torch.inference_mode():
            actions, values = self.call(*(torch.from_numpy(np.ascontiguousarray(part, np.float32)) for part in inputs))
        return actions.numpy(), values.numpy().astype(np.float64)


class ExportedGreedy(Policy):
    """The first action of a greedy file, with certainty."""

    def __init__(self, file: _File):
        self.file, self.name, self.action_count = file, file.form, file.action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        actions, _ = self.file.outputs(states)
        table = np.zeros((len(states), self.action_count))
        table[np.arange(len(states)), actions[:, 0]] = 1.0
        return table


class ExportedDraw(Policy):
    """The probabilities that a file gives to all actions."""

    def __init__(self, file: _File):
        self.file, self.name, self.action_count = file, file.form, file.action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return _table(self.file, states)


class ExportedReweighted(Reweighted):
    """The probabilities that a file gives to all actions, from what is in service."""

    def __init__(self, file: _File):
        self.file, self.name, self.action_count, self.base = file, file.form, file.action_count, None

    def scores(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """The states: the file scores them itself."""
        return states

    def reweight(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        """(n, state size) states, (n, A) -> (n, A) as the file has them, which are float32."""
        return _table(self.file, scores, base)


def _table(file: _File, *inputs: np.ndarray) -> np.ndarray:
    """(n, A) probabilities, 0 for what the file does not give."""
    actions, values = file.outputs(*inputs)
    table = np.zeros((len(actions), file.action_count))
    np.put_along_axis(table, actions, values, axis=1)
    return table


def exported_policy(path: Path) -> tuple[Policy, int, tuple[str, ...]]:
    """The policy of a file, how many numbers its states have, and the names of its actions.

    Args:
        path: of the file; its description stands beside it as `<file>.json`.

    Raises:
        MissingFileError, InputError: a file that is not there, that cannot be read, takes candidates or a past, or
            gives only the likeliest of its actions.
    """
    file = _File(path)
    if file.form == "greedy":
        return ExportedGreedy(file), file.state_size, file.names
    if file.k < file.action_count - 1:
        what = f"It gives the {file.k} likeliest of {file.action_count} actions."
        raise InputError(what, where=str(path), hint="Export it without --k.")
    policy = ExportedReweighted(file) if file.takes_base else ExportedDraw(file)
    return policy, file.state_size, file.names
