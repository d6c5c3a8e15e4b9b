"""Names of policies as people read them: `dqn`, `mlp/gamma-0/softmax-0.1` is "DQN without looking ahead, softmax 0.1".
CSV files and JSON keep the ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .across_tasks import CHOSEN
from .row_names import BEST, FORMS_WITH_A_NUMBER, FRONTIER_BEST_FORM, FRONTIER_FORM, NEGATED, SHUFFLED

if TYPE_CHECKING:
    import pandas as pd

ALGORITHMS = {
    "als": "ALS",
    "awr": "AWR",
    "bc": "Behaviour cloning",
    "bc-top": "Behaviour cloning of the best episodes",
    "bcq": "BCQ",
    "behaviour": "Behaviour policy",
    "bpr": "BPR",
    "bts": "Thompson sampling",
    "constant": "Constant action",
    "cql": "CQL",
    "double-dqn": "Double DQN",
    "dqn": "DQN",
    "dr-learner": "DR learner",
    "dt": "Decision Transformer",
    "ease": "EASE",
    "gru4rec": "GRU4Rec",
    "ips-learner": "IPS learner",
    "iql": "IQL",
    "item-knn": "Item kNN",
    "learners": "All learners",
    "markov": "Markov chain",
    "mode": "Mode of the log",
    "myopic": "Myopic",
    "nfq": "NFQ",
    "poem": "POEM",
    "popular-greedy": "Most popular action",
    "popular-recent": "Most popular action of late",
    "popularity": "Popularity",
    "q-table": "Q table",
    "qr-dqn": "QR-DQN",
    "random": "Random",
    "reference": "Reference policy",
    "reinforce": "REINFORCE",
    "repeat": "Repeat",
    "rvs": "RvS",
    "sac": "SAC",
    "sarsa": "SARSA",
    "sasrec": "SASRec",
    "sqn": "SQN",
    "vsknn": "VS-kNN",
    "weighted-likelihood": "Weighted likelihood",
}
"""Id -> the name of the paper, or what it is."""
ENCODERS = {
    "mlp": "",
    "cnn": "with a CNN",
    "gru": "with a GRU",
    "lstm": "with an LSTM",
    "transformer": "with a Transformer",
}
"""Id -> what is said of it. Most algorithms have an MLP, and nothing is said."""
OWN_ENCODERS = (("gru4rec", "gru"), ("sasrec", "transformer"))
"""Algorithms whose encoder is in their name."""
LABELS = {
    "gamma-0": "without looking ahead",
    "shuffled-rewards": "on shuffled rewards",
    "own-log": "on its own log",
    "whole-log": "on the whole log",
}
RETRIEVE = "retrieve="
FORMS = {
    "fixed": "",
    "logged": "",
    CHOSEN: "in its chosen form",
    FRONTIER_FORM: "frontier",
    FRONTIER_BEST_FORM: "best frontier",
}
"""Forms that are called otherwise, or go without saying."""
CONTROLS = {SHUFFLED: "control on shuffled rewards", NEGATED: "control on -Q"}


class Variant(NamedTuple):
    """The column `variant`, taken apart.

    Attributes:
        label: encoder and label, slash-separated; empty where there is neither.
        form: policy form, with a frontier's control behind a slash.
        is_best: whether it is the best checkpoint.
    """

    label: str
    form: str
    is_best: bool


def variant_parts(variant: str) -> Variant:
    """`mlp/gamma-0/best/softmax-0.3` -> `mlp/gamma-0`, `softmax-0.3`, True."""
    parts = variant.split("/")
    form = 2 if parts[-1] in CONTROLS and len(parts) > 1 else 1
    label = [part for part in parts[:-form] if part != BEST]
    if not label and parts[-1] in ("own-log", "whole-log"):
        return Variant(parts[-1], "logged", False)
    return Variant("/".join(label), "/".join(parts[-form:]), BEST in parts[:-form])


def readable_name(algorithm: str, label: str, form: str) -> str:
    """ "DQN, greedy", "CQL, frontier", "DQN without looking ahead, softmax 0.1". Ids and labels that are not known stay
    as written.

    Args:
        algorithm: id.
        label: encoder and label, slash-separated; empty where there is neither.
        form: policy form; with a control behind a slash (`frontier/shuffled`) where it is one.
    """
    known, written = [], []
    for part in filter(None, label.split("/")):
        if (algorithm, part) in OWN_ENCODERS:
            continue
        if part.startswith(RETRIEVE):
            known.append(f"among what {_algorithm(part.removeprefix(RETRIEVE))} retrieves")
        elif part in ENCODERS or part in LABELS:
            known.append(ENCODERS.get(part, LABELS.get(part, "")))
        else:
            written.append(part)
    name = " ".join([_algorithm(algorithm), *filter(None, known)])
    if written:
        name += f" ({', '.join(written)})"
    return ", ".join(filter(None, (name, *map(_form, form.split("/")))))


def row_name(algorithm: str, variant: str) -> str:
    """The readable name of a row, from its columns."""
    label, form, is_best = variant_parts(variant)
    return readable_name(algorithm, label, form) + ", best checkpoint" * is_best


def key_of_names(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """The key of a table or picture: what each row is called, and how to find it in the CSV files
    (`dqn/mlp/gamma-0/softmax-0.1`: the columns `algorithm` and `variant`). Names that need none are left out.

    Args:
        rows: with the columns `algorithm` and `variant`; in the order of the key.
    """
    named = _distinct(zip(rows["algorithm"], rows["variant"], strict=True))
    return [(row_name(*policy), "/".join(policy)) for policy in named if row_name(*policy) != policy[0]]


def _distinct(policies: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((str(algorithm), str(variant)) for algorithm, variant in policies))


def _algorithm(name: str) -> str:
    return ALGORITHMS.get(name, name)


def _form(form: str) -> str:
    if form in FORMS or form in CONTROLS:
        return FORMS.get(form, CONTROLS.get(form, ""))
    name, _, number = form.rpartition("-")
    return f"{name} {number}" if name in FORMS_WITH_A_NUMBER else form
