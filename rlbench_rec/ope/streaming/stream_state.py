"""The state of a stream as plain values, and back: JSON, no pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ..estimators import ESTIMATORS, Estimator, estimator
from ..reliability.weight_sums import EventSums, Magnitudes, WeightSums
from .column_moments import ColumnMoments
from .log_form import LogForm
from .reward_counts import RewardCounts
from .third_moments import ThirdMoments

if TYPE_CHECKING:
    from .stream import Stream

SCHEMA = 4
FIELDS = (
    "metric",
    "n_rows",
    "n_episodes",
    "total_weight",
    "units",
    "source",
    "calibrated",
    "miscalibration",
)
"""What a file holds as it is."""


def to_dict(stream: Stream) -> dict[str, Any]:
    """Numbers, text, lists and dicts; floats keep every digit in JSON.

    Raises:
        InputError: an estimator that is not in the table (a combination), which no file can name.
    """
    return {
        "schema": SCHEMA,
        "estimators": [[_named(used).id, used.parameters] for used in stream.estimators],
        **{name: getattr(stream, name) for name in FIELDS},
        "settings": {} if stream.form is None else asdict(stream.form),
        "moments": [_plain_moments(moments) for moments in stream.moments],
        "weights": {kind: [_plain_sums(sums) for sums in several] for kind, several in stream.weights.items()},
        "steps": [asdict(step) for step in stream.steps],
        "rewards": {name: [counts.to_list() for counts in several] for name, several in stream.rewards.items()},
        "lengths": list(stream.lengths),
        "range": None if stream.range is None else list(stream.range),
    }


def from_dict(kind: type[Stream], state: Mapping[str, Any]) -> Stream:
    """The stream whose state `to_dict` has given.

    Raises:
        InputError: something else.
    """
    try:
        if state["schema"] != SCHEMA:
            raise InputError(f"Schema {state['schema']}; {SCHEMA} is needed.", where="schema")
        names = [estimator(name, **parameters) for name, parameters in state["estimators"]]
        stream = kind(names, metric=state["metric"])
        for name in FIELDS:
            setattr(stream, name, state[name])
        stream.form = LogForm(**state["settings"]) if state["settings"] else None
        stream.moments = [_moments(plain) for plain in state["moments"]]
        stream.weights = {kind: [_sums(plain) for plain in several] for kind, several in state["weights"].items()}
        stream.steps = [Magnitudes(**step) for step in state["steps"]]
        stream.rewards = {
            name: [RewardCounts(*map(_vector, plain)) for plain in several]
            for name, several in state["rewards"].items()
        }
        shortest, longest = state["lengths"]
        stream.lengths = shortest, longest
        stream.range = None if state["range"] is None else tuple(state["range"])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"This is not the state of a stream: {error!r}.", where="state") from error
    return stream


def _named(used: Estimator) -> Estimator:
    if used.id not in ESTIMATORS or used != estimator(used.id, **used.parameters):
        raise InputError(f"'{used.label}' is not in the table of estimators.", where="names")
    return used


def _plain_moments(moments: ColumnMoments) -> dict[str, Any]:
    return {
        "kinds": list(moments.kinds),
        "sums": [x.tolist() for x in moments.sums],
        "root": moments.root.tolist(),
        "third": None if moments.third is None else moments.third.to_dict(),
    }


def _moments(plain: Mapping[str, Any]) -> ColumnMoments:
    sums = tuple(map(_vector, plain["sums"]))
    third = None if plain["third"] is None else ThirdMoments.from_dict(plain["third"])
    return ColumnMoments(tuple(plain["kinds"]), sums, np.array(plain["root"], dtype=np.float64), third)


def _plain_sums(sums: WeightSums) -> dict[str, Any]:
    events = sums.events
    return asdict(sums) | {
        "events": None if events is None else asdict(events.weighted_sizes),
        "event_weights": None if events is None else asdict(events.weights),
        "happened": 0 if events is None else events.units,
        # JSON has no NaN: what is not known is null.
        "unsupported": None if np.isnan(sums.unsupported) else sums.unsupported,
    }


def _sums(plain: Mapping[str, Any]) -> WeightSums:
    fields = dict(plain)
    sizes, weights, units = fields.pop("events"), fields.pop("event_weights"), fields.pop("happened")
    fields["events"] = None
    if sizes is not None:
        fields["events"] = EventSums(Magnitudes(**weights), Magnitudes(**sizes), units)
    fields["weights"] = Magnitudes(**plain["weights"])
    fields["unsupported"] = np.nan if plain["unsupported"] is None else plain["unsupported"]
    return WeightSums(**fields)


def _vector(plain: Sequence[float]) -> np.ndarray:
    return np.array(plain, dtype=np.float64)
