"""What every server of policies does between a request and its answer, whatever carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .decision_log import DecisionLog
from .served_policy import ServedPolicy


class DecisionService:
    """Policies, told apart by their forms, and one log of what they decide.

    Each process of a server has its own, and all of them may log to one folder.

    Args:
        policies: exported ONNX files. The first one answers requests that ask for no form.
        log: folder of the `DecisionLog`.
        seed: of the draws; None: they do not repeat.
        most_events: of a session; a longer one is refused.

    Raises:
        MissingFileError, InputError, MissingExtraError: as `ServedPolicy`; or two policies of one form.
        OutputError: the log cannot be written.
    """

    def __init__(
        self,
        policies: Sequence[str | Path],
        log: str | Path,
        *,
        seed: int | None = None,
        most_events: int = 2_000,
    ):
        self.policies: dict[str, ServedPolicy] = {}
        for path in policies:
            policy = ServedPolicy(path, seed=seed)
            if policy.form in self.policies:
                what = f"A second policy of the form {policy.form}: requests could not tell them apart."
                raise InputError(what, where=str(path), hint="Serve it by a process of its own.")
            self.policies[policy.form] = policy
        if not self.policies:
            raise InputError("There is no policy to serve.", where="policies")
        self.log, self.most_events = DecisionLog(log), most_events

    def recommend(
        self,
        request: Mapping[str, Any],
        *,
        k: int = 1,
        form: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
    ) -> dict[str, Any]:
        """`actions`, their `propensities` and the `decision_ids` under which they stand in the log, a place each.

        Args:
            request: see docs/serving.md.
            k: how many actions.
            form: of the policy that shall answer; None: the first one.
            session_id, user_id: for the log.

        Raises:
            InputError: a form that is not served, or a request that cannot be answered, naming its first bad value.
            OutputError: it could not be logged: then do not show it.
        """
        if form is not None and form not in self.policies:
            raise InputError(f"Unknown form '{form}'.", where="form", hint=f"Served are: {', '.join(self.policies)}.")
        policy = next(iter(self.policies.values())) if form is None else self.policies[form]
        events = request.get("events")
        if isinstance(events, Sequence) and len(events) > self.most_events:
            what, hint = f"More than {self.most_events} events.", "Send the last ones, with step."
            raise InputError(what, where="request.events", hint=hint)
        shown = policy.recommend(request, k=k)
        ids = self.log.record(policy, shown, session_id, user_id)
        return {"actions": shown.actions, "propensities": shown.propensities, "decision_ids": ids}

    def feedback(self, decision_id: str, outcomes: Mapping[str, float], feedback_id: str | None = None) -> None:
        """Keep what a decision earned; see `DecisionLog.feedback`."""
        self.log.feedback(decision_id, outcomes, feedback_id)

    def health(self) -> dict[str, dict[str, str]]:
        """Form of each policy -> sha256 of its file."""
        return {"policies": {form: policy.sha256 for form, policy in self.policies.items()}}

    def close(self) -> None:
        """Write the log out, after the last answer."""
        self.log.close()
