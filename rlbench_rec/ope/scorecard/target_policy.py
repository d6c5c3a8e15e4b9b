"""Where the target policy of a table comes from: its own column, importance weights, or a form that stays with the log.

`mixed-<m>` is (1 - m) behaviour policy + m target column. `tilted-<k>` and `constrained-<c>` reweight the behaviour
policy's probabilities of all actions by scores, both of which the table then carries (see `policies.Tilted` and
`ConstrainedGreedy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...tolerances import SAME_PROPENSITY
from .column_values import Values
from .list_columns import probabilities_of, scores_of
from .probabilities import chances

if TYPE_CHECKING:
    from ...policies import PolicyForm

FORMS = ("mixed", "tilted", "constrained")
OF_WEIGHTS = ("propensity", "target_propensity", "q", "v", "unsupported_mass", "action", "scores", "base")
OF_MIXTURE = ("q", "v", "weights", "scores", "base")
OF_LISTS = ("target_propensity", "q", "v", "unsupported_mass", "weights")
OF_COLUMN = ("weights", "scores", "base")
"""Parts of a table that play no part."""


@dataclass(frozen=True)
class Target:
    """How the target policy is read.

    Attributes:
        form: None: the target policy is that of the column, or of the importance weights.
        by_weights: whether importance weights are given as such.
        without: parts of the table that play no part.
    """

    form: PolicyForm | None
    by_weights: bool
    without: tuple[str, ...]

    @property
    def over_all_actions(self) -> bool:
        """Whether the table carries lists over all actions."""
        return self.form is not None and self.form.name != "mixed"


def target_of(form: str | None, named: Mapping[str, str | None], features: bool) -> Target:
    """What the options ask for.

    Args:
        form: `mixed-<m>`, `tilted-<k>`, `constrained-<c>` or None.
        named: part -> column, as far as columns are named.
        features: whether propensities are estimated.

    Raises:
        InputError: another form, or parts that do not go together.
    """
    from ...policies.forms import parse_form

    parsed, by_weights = None if form is None else parse_form(form, "form"), bool(named.get("weights"))
    if parsed is not None and parsed.name not in FORMS:
        hint = "Give mixed-<share>, tilted-<nats a session> or constrained-<share>."
        raise InputError(f"A table says nothing of the policy '{form}'.", where="form", hint=hint)
    if by_weights and parsed is not None:
        what = f"Importance weights are of one target policy; {parsed} makes another."
        raise InputError(what, where="form", hint="Leave out --form, or --weights.")
    unused = _unused(parsed, by_weights)
    for part in unused:
        if named.get(part):
            told = f"With --form {parsed}" if parsed else "With --weights" if by_weights else "Without --form"
            raise InputError(f"{told} it plays no part.", where=part, hint="Leave it out.")
    over_lists = parsed is not None and parsed.name != "mixed"
    if features and (by_weights or over_lists):
        raise InputError("The behaviour policy is given, not estimated.", where="features", hint="Leave it out.")
    for part in ("scores", "base") if over_lists else ():
        if not named.get(part):
            what = f"{parsed} needs it: a list over all actions."
            raise InputError(what, where=part, hint=f"Name it: --{part} COLUMN.")
    if over_lists:
        replaced = () if named.get("propensity") else ("propensity",)
    else:
        replaced = ("propensity",) if features else ("action",)
    return Target(parsed, by_weights, (*unused, *replaced))


def _unused(form: PolicyForm | None, by_weights: bool) -> tuple[str, ...]:
    if by_weights:
        return OF_WEIGHTS
    if form is None:
        return OF_COLUMN
    return OF_MIXTURE if form.name == "mixed" else OF_LISTS


def of_policies(
    values: Values, columns: Mapping[str, str], target: Target
) -> tuple[dict[str, np.ndarray], float | None]:
    """Columns of an EvaluationLog that are of the two policies, and the temperature of a tilt. Of a log without
    propensities, those that can be known before they are estimated; importance weights have propensities of 1.

    Raises:
        InputError: values that are not what they should be, by their line.
    """
    if target.by_weights:
        ratios = _importance(values, columns["weights"])
        return {"target_propensities": ratios, "propensities": np.ones(len(ratios))}, None
    if target.over_all_actions:
        assert target.form is not None, "one over all actions"
        return _reweighted(values, columns, target.form)
    propensity = columns.get("propensity")
    rows = {"target_propensities": chances(values, columns["target_propensity"], propensity)}
    if "unsupported_mass" in columns:
        rows["unsupported_mass"] = chances(values, columns["unsupported_mass"], None)
    if propensity is not None:
        rows["propensities"] = chances(values, propensity, columns["target_propensity"], positive=True)
    return rows, None


def about_temperature(form: PolicyForm | None, temperature: float | None) -> tuple[str, ...]:
    """What to say where a tilt is not as far from the base as was asked."""
    if temperature == 0.0:
        return (f"{form} cannot be reached: it is the base within the best-scored actions, as far as a tilt goes.",)
    if temperature == np.inf:
        return (f"{form} cannot be reached: scores rule out so much of the base that what is left is further from it.",)
    return ()


def mixed(rows: Mapping[str, np.ndarray], target: Target) -> dict[str, np.ndarray]:
    """The columns of a mixture: (1 - m) b + m pi_e of the logged action, so that the importance weight is
    1 - m + m pi_e / b, and m times the mass that is not supported. Nothing for another target."""
    if target.form is None or target.form.name != "mixed":
        return {}
    assert target.form.parameter is not None, "parsed"
    share, propensities = target.form.parameter, rows["propensities"]
    made = {"target_propensities": (1.0 - share) * propensities + share * rows["target_propensities"]}
    if rows.get("unsupported_mass") is not None:
        made["unsupported_mass"] = share * rows["unsupported_mass"]
    return made


def _importance(values: Values, column: str) -> np.ndarray:
    weights = values.numbers(column)
    hint = "Give the target policy's probability over the behaviour policy's; of a logarithm its exp."
    values.refuse(column, weights < 0, "below 0", hint)
    return weights


def _reweighted(
    values: Values, columns: Mapping[str, str], form: PolicyForm
) -> tuple[dict[str, np.ndarray], float | None]:
    """The form `tilted` or `constrained` over the lists of a table."""
    from ...policies import ConstrainedGreedy, temperature_for, tilt

    base, scores = probabilities_of(values, columns["base"]), scores_of(values, columns["scores"])
    if base.shape != scores.shape:
        what = f"It has {scores.shape[1]} numbers a row, and '{columns['base']}' {base.shape[1]}."
        raise InputError(what, where=f"{values.file.path}, column '{columns['scores']}'")
    actions = _actions(values, columns["action"], base.shape[1])
    propensities = _propensities(values, columns, base, actions)
    assert form.parameter is not None, "parsed"
    temperature = None
    if form.name == "constrained":
        # The scores are those of the table's rows, not a function of states.
        policy = ConstrainedGreedy(lambda _: scores, base.shape[1], form.parameter)
        target = policy.reweight(scores, base)
    else:
        temperature = temperature_for(scores, base, form.parameter, _decisions_per_episode(values, columns))
        target = tilt(scores, base, temperature)
    # What is served is a factor on the base; the logged propensity may be the base's with other digits.
    of_base, of_target = (np.take_along_axis(table, actions[:, None], axis=1)[:, 0] for table in (base, target))
    rows = {"propensities": propensities, "target_propensities": np.minimum(of_target / of_base * propensities, 1.0)}
    # Neither takes anything that the base never takes.
    return rows | {"unsupported_mass": np.zeros(len(base))}, temperature


def _actions(values: Values, column: str, count: int) -> np.ndarray:
    actions = values.numbers(column)
    bad = (actions != np.floor(actions)) | (actions < 0) | (actions >= count)
    hint = f"Give the place of the logged action in the lists: 0 to {count - 1}."
    values.refuse(column, bad, f"not a whole number from 0 to {count - 1}", hint)
    return actions.astype(np.int64)


def _propensities(values: Values, columns: Mapping[str, str], base: np.ndarray, actions: np.ndarray) -> np.ndarray:
    of_logged = np.take_along_axis(base, actions[:, None], axis=1)[:, 0]
    hint = f"Is '{columns['base']}' the policy that chose it, in the order of the actions?"
    values.refuse(columns["action"], of_logged <= 0, "an action that the base never takes", hint)
    if "propensity" not in columns:
        return of_logged
    propensities = values.numbers(columns["propensity"])
    apart = ~(np.abs(of_logged - propensities) <= SAME_PROPENSITY * propensities)
    values.refuse(columns["propensity"], apart, "not the base's probability of the logged action", hint)
    return propensities


def _decisions_per_episode(values: Values, columns: Mapping[str, str]) -> float:
    if "episode" not in columns:
        return 1.0
    episodes = values.ids(columns["episode"], words=True)
    return len(episodes) / len(np.unique(episodes))
