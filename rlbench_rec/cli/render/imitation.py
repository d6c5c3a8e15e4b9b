"""What a screen says beside imitation metrics: what they mean, and what limits them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path

import pandas as pd

from ...results.headline import Headline
from ...results.leaderboard import RANKED
from ...results.metrics import IMITATION_MEANS
from ...results.ranking import TABLE, load_ranking, next_item


def rankings_of(folder: Path) -> pd.DataFrame | None:
    """ranking.csv of a run; None where it has none."""
    return load_ranking(folder) if (folder / TABLE).is_file() else None


def what_limits(shown: Headline, rankings: pd.DataFrame | None) -> tuple[str, Mapping[Hashable, float]]:
    """A sentence for a place that shows imitation metrics, empty for others; and by algorithm and variant the value
    over the steps that can be predicted, empty where all can.

    Args:
        shown: the place.
        rankings: ranking.csv of the run, or None.
    """
    if shown.estimator != RANKED:
        return "", {}
    meaning = f"Imitation: {IMITATION_MEANS}."
    ceilings = None if rankings is None else next_item(rankings, shown.place, shown.metric)["ceiling"]
    if rankings is None or ceilings is None or not len(ceilings) or ceilings.iloc[0] == 1.0:
        return meaning, {}
    why = "other steps chose what has no action of its own, and are left out of `known`"
    known = next_item(rankings, shown.place, shown.metric, "known")["value"]
    return f"{meaning} The best list reaches {ceilings.iloc[0]:.2g}: {why}.", known.to_dict()
