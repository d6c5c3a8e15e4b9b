"""Retrieve, then rank: a policy gives candidates, and an algorithm learns to choose among them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from ..arguments import path_of
from ..bad_rows import refuse_rows
from ..errors import InapplicableError, InputError
from ..mdp.candidates import with_candidates
from ..mdp.dataset import TransitionDataset
from ..mdp.encoding import encoding_of
from ..mdp.past import Past
from ..policies import Policy, make
from ..policies.top_items import TopItems
from .fit_options import Retrieval, Watch
from .networks import ActionScores
from .training_run import Run
from .validation import hold_out

SLOT_SEED = 0
"""Of the candidates' order. Networks score slots alike, so it is not one of the training's seeds."""


class FirstStageHeader(BaseModel):
    """A first stage in run.json: how to fit it again, and on which log."""

    policy: str
    candidates: int = Field(ge=2, le=1_000_000)
    config: dict[str, Any]
    validation: float = Field(ge=0.0, lt=1.0)
    log: list[str]


@dataclass(frozen=True)
class FirstStage:
    """A retriever that is fitted on what a training sees, and the log that it belongs to.

    Attributes:
        retrieval: what was asked for.
        validation: share of the log's episodes that it was not fitted on.
        retriever: states -> (n, candidates) item ids, 0 for an empty slot.
        log: the training side, with the validation episodes.
    """

    retrieval: Retrieval
    validation: float
    retriever: TopItems = field(repr=False)
    log: TransitionDataset = field(repr=False)

    @classmethod
    def fit(cls, log: TransitionDataset, retrieval: Retrieval, validation: float) -> FirstStage:
        """Fit the retriever on the episodes of the training side that are not held out.

        Raises:
            UnknownNameError, InputError: a policy that does not exist, or settings that it does not take.
            InapplicableError: the log's actions are not items, some may be forbidden, or the policy cannot be made of
                it.
        """
        where = log.provenance.source
        if log.forbidden is not None or log.candidates is not None or not log.acts_on_items or log.items is None:
            what = "Candidates are retrieved where actions are items, all of which may be shown."
            raise InapplicableError(what, where=where, hint="Leave the retrieval out.")
        policy = make(retrieval.policy, hold_out(log, validation)[0], **(retrieval.config or {}))
        return cls(retrieval, validation, TopItems(policy, retrieval.candidates, log.other_action), log)

    def choices(self) -> TransitionDataset:
        """The log as choices among the logged item and what is retrieved; see `mdp.with_candidates`."""
        return with_candidates(self.log, self.retrieval.candidates, self.retriever, seed=SLOT_SEED)

    def header(self) -> dict[str, object]:
        """What `again` takes."""
        asked = self.retrieval
        return FirstStageHeader(
            policy=asked.policy,
            candidates=asked.candidates,
            config=dict(asked.config or {}),
            validation=self.validation,
            log=_identity(self.log),
        ).model_dump(mode="json")

    @classmethod
    def again(cls, header: FirstStageHeader, log: TransitionDataset | None, where: str) -> FirstStage:
        """The first stage of a saved run.

        Raises:
            InputError: no log, or another one; or as `fit`.
        """
        hint = f"Give train=, the log that it was trained on: {header.log[0]}. The second stage alone needs none: "
        hint += "load_second_stage, or rlbench export --second-stage."
        if log is None:
            what = f"It retrieves its candidates with {header.policy}, which has to be fitted again."
            raise InputError(what, where=where, hint=hint)
        if _identity(log) != header.log:
            raise InputError("Its candidates were retrieved from another log.", where=where, hint=hint)
        asked = Retrieval(header.policy, header.candidates, header.config)
        return cls.fit(log, asked, header.validation)

    def watched_by(self, watch: Watch | None) -> Watch | None:
        """What watches the second stage, of what watches the whole; see `FitOptions`."""
        if watch is None:
            return None
        return lambda second: watch(lambda: self.with_second(second()))

    def with_second(self, run: Run) -> TwoStageRun:
        """The run of an algorithm that was trained on `choices`, as one over all items.

        Raises:
            InputError: an algorithm that looks at earlier states.
        """
        if run.memory:
            what = f"{run.algorithm} looks at earlier states of a session, which had other candidates."
            raise InputError(what, where="retrieval", hint="Take another algorithm.")
        log = self.log
        changed = {name: getattr(log, name) for name in ("layout", "action_count", "action_names", "other_action")}
        # Where candidates stand in place of actions, items that were named by these have lost their names.
        return TwoStageRun(**_fields(run) | changed | {"encoding": encoding_of(log)}, first=self)


@dataclass(frozen=True)
class TwoStageRun(Run):
    """A run over all items, of which those that its first stage does not retrieve score minus infinity.

    Its policies take the log's own states: candidates are retrieved for each, without the logged item, which is among
    them in training alone. Networks, history and values are those of the second stage.

    Attributes:
        first: the first stage.
    """

    first: FirstStage = field(kw_only=True)

    @functools.cached_property
    def second(self) -> Run:
        """The second stage alone: a run over slots of candidates."""
        slots = self.first.retrieval.candidates
        layout = replace(self.layout, candidates=slots)
        return Run(
            **_fields(self) | {"layout": layout, "action_count": slots, "action_names": (), "other_action": None}
        )

    def _scored(self, network: ActionScores, states: np.ndarray, unit: float, past: Past | None) -> np.ndarray:
        if states.ndim != 2 or states.shape[1] != self.layout.size:
            raise InputError(f"Shape {states.shape}; (n, {self.layout.size}) is needed.", where="states")
        ids = self.first.retriever(states)
        nothing = np.equal(np.count_nonzero(ids, axis=1), 0)
        refuse_rows(nothing, lambda row, _: InputError(f"State {row} leaves nothing to retrieve.", where="states"))
        with_slots = np.concatenate([states, ids], axis=1, dtype=np.float32)
        scores = self.second._scored(network, with_slots, unit, past)
        table = np.full((len(states), self.action_count), -np.inf, dtype=np.float32)
        rows, slots = np.nonzero(ids)
        table[rows, ids[rows, slots] - 1] = scores[rows, slots]
        return table

    def clone(self, checkpoint: str = "last") -> Policy:
        """Refused: a clone among candidates is not the behaviour policy.

        Raises:
            InputError: always.
        """
        what = "A clone among candidates does not know what else the behaviour policy shows."
        raise InputError(what, where="retrieval", hint="Train bc without candidates.")

    def save(self, folder: str | Path) -> None:
        """Write the second stage, and what the first one is; see `training.load`, which needs the log again."""
        from .saved_run import save

        save(self.second, path_of(folder, "folder"), self.first)


def _identity(log: TransitionDataset) -> list[str]:
    """What tells a log from others."""
    told = log.provenance
    return [told.source, told.source_sha256, told.card_sha256, told.split_hash, f"{len(log)} rows"]


def _fields(run: Run) -> dict[str, Any]:
    """What a plain run is made of."""
    return {each.name: getattr(run, each.name) for each in fields(Run)}
