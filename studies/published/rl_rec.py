"""The SQN and GRU4Rec protocols on Retailrocket: ours beside what Rajapakse and Jannach (2025) publish.

    python -m studies.published.rl_rec --data events.csv --protocol sqn --out runs/rl-rec-sqn

`--data` is the full `events.csv` of kaggle.com/datasets/retailrocket/ecommerce-dataset. The folder holds the log as the
protocol keeps it with its card, the run of the suite `rl-rec` on it, and published.csv: published, ours, difference.
Hours of one core; a GPU is taken where there is one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from rlbench_rec.results.published import Figure, against_published, load_published
from rlbench_rec.results.schema import AGAINST_PUBLISHED
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import load_suite, run_suite
from rlbench_rec.suite.config import Source, Suite
from studies.published.protocols import PROTOCOLS, prepare

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "rl-rec.csv"
METRICS = ("HR@5", "NDCG@5")
CARD = """id = "retailrocket-{protocol}"
title = "Retailrocket, as the protocol {protocol} keeps it"
licence = "CC BY-NC-SA 4.0 (check the home page)"
citation = "Retailrocket recommender system dataset. Kaggle."
time_unit = "ms"
session = "given"
action_source = "choice"
propensity = "none"
reward_weights = {{ view = 0.0, click = 0.2, purchase = 1.0 }}
files = [{{ pattern = "events.csv" }}]
columns = {{ timestamp = "timestamp", item = "item", session = "session", event = "event" }}
events = {{ view = "view", click = "click", purchase = "purchase" }}
"""


def write_log(rows: pd.DataFrame, protocol: str, folder: Path) -> Source:
    """events.csv and its card in a folder, and the source of the suite that takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.drop(columns="test").to_csv(folder / "events.csv", index=False)
    card = folder / "card.toml"
    card.write_text(CARD.format(protocol=protocol), encoding="utf-8")
    suite = load_suite("rl-rec")
    assert isinstance(suite, Suite), "it trains"
    (source,) = (source for source in suite.sources if source.label == protocol)
    sessions, tests = rows["session"].nunique(), rows.loc[rows["test"], "session"].nunique()
    # Sessions in order of time: those that train come first, and half a session more never rounds down to fewer.
    mdp = source.mdp.model_copy(
        update={"decisions": ("click", "purchase"), "train_fraction": (sessions - tests + 0.5) / sessions}
    )
    return source.model_copy(update={"dataset": str(card), "data": str(folder), "mdp": mdp})


def ours(ranking: pd.DataFrame, protocol: str) -> dict[str, Figure]:
    """`<protocol>/<click or purchase>/<model>/<metric>` -> mean over seeds; a policy's scores rank, so its form and the
    best checkpoint are left out."""
    rows = ranking[(ranking["target"] == "next") & (ranking["vocabulary"] == "all") & (ranking["list"] == "full")]
    rows = rows[rows["steps"].isin(["click", "purchase"]) & rows["metric"].isin(METRICS)]
    parts = rows["variant"].str.split("/")
    rows = rows[parts.map(lambda of: "best" not in of and of[-1] != "stochastic").astype(bool)]
    model = rows["variant"].str.split("/").map(lambda of: of[-2] if of[-1] == "greedy" else of[-1])
    means = rows.groupby([rows["steps"], model.rename("model"), rows["metric"]])["value"].mean()
    return {"/".join([protocol, *map(str, key)]): (float(value), None) for key, value in means.items()}


def run(events: pd.DataFrame, protocol: str, folder: Path, *, support: int | None = None, **changes: object) -> Path:
    """Prepare, run and compare; the path of published.csv.

    Args:
        events: rows of Retailrocket's events.csv.
        protocol: `sqn` or `gru4rec`.
        folder: for the log and the run.
        support: see `prepare`.
        changes: of the suite.
    """
    source = write_log(prepare(events, protocol, support=support), protocol, folder / "log")
    suite = load_suite("rl-rec")
    assert isinstance(suite, Suite), "it trains"
    finished = run_suite(suite.model_copy(update={"sources": [source], **changes}), folder / "run")
    figures = load_published(PUBLISHED)
    figures = figures[figures["name"].str.startswith(f"{protocol}/")]
    table = against_published(figures, ours(pd.read_csv(finished.folder / "ranking.csv"), protocol), "rl-rec")
    write_table(table, AGAINST_PUBLISHED, folder / "published.csv")
    return folder / "published.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="events.csv")
    parser.add_argument("--protocol", choices=PROTOCOLS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    path = run(pd.read_csv(options.data), options.protocol, options.out)
    print(pd.read_csv(path)[["name", "published", "ours", "difference"]].to_string(index=False))


if __name__ == "__main__":
    main()
