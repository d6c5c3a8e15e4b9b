"""What is in a suite's sources: hashes of data and cards, and the identities of shops, without loading any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Source, config_hash
from .saved_behaviour import identity

if TYPE_CHECKING:
    from ..tasks import Task
    from .kinds.estimators.config import TaskSource

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Content:
    """What a job's numbers rest on beside its settings; empty where a source has no such thing.

    Attributes:
        shop: identity of a task (see `tasks.TaskIdentity`).
        data: SHA-256 of the raw files.
        card: SHA-256 of what the card and the MDP settings make of them.
        counterpart: likewise of the other log, both in one.
        behaviour: the saved behaviour policy.
        reference: the policy that serves as 100, where values are normalised.
    """

    shop: str = ""
    data: str = ""
    card: str = ""
    counterpart: str = ""
    behaviour: str = ""
    reference: str = ""


NOTHING = Content()


def content_of(source: Source | TaskSource, *, normalise: bool = False) -> Content:
    """Hash what a source stands for now. Files that cannot be read are `unknown`: the jobs on them will say why.

    Args:
        source: a data set, or a task.
        normalise: whether the reference policy matters.
    """
    from .sources import make_task, task_identity

    if source.task:
        return Content(task_identity(source).digest, reference=_reference(make_task(source)) if normalise else "")
    assert isinstance(source, Source) and source.dataset, "a source has a data set where it has no task"
    data, card = _hashes(source.dataset, source)
    other = ":".join(_hashes(source.counterpart, source)) if source.counterpart else ""
    behaviour = identity(source.behaviour) if source.behaviour else ""
    return Content(data=data, card=card, counterpart=other, behaviour=behaviour)


def _hashes(name: str, source: Source) -> tuple[str, str]:
    from ..events.cards.find import find_card
    from ..events.fingerprint import content

    try:
        data, card_sha256 = content(name, None if source.data is None else Path(source.data))
        return data, source.mdp.with_card(find_card(name), card_sha256)
    except Exception:
        return UNKNOWN, UNKNOWN


def _reference(task: Task) -> str:
    from .reference_policies.best_known import find_reference
    from .reference_policies.candidates import is_searched
    from .reference_policies.reference import method_version

    known = find_reference(task)
    if known is not None:
        # What bounds it says how good it is, and changes no number of a job.
        of_value = ("contender", "form", "value", "std_error", "n_episodes")
        return config_hash({name: getattr(known, name) for name in of_value})
    # Where it is not known, the planner is played, which is part of the shop, or a search is made.
    return f"search-{method_version(task)}" if is_searched(task) else ""
