"""Speed and memory of the way from raw text to decisions: reading, cutting sessions, building a dataset."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from rlbench_rec import events, mdp
from rlbench_rec.events.cards.find import cards_folder

from . import rees46_log

ROWS = 100_000
FILES = {
    "open-bandit/bts-men": "men.csv",
    "rees46": "2019-Oct.csv",
    "retailrocket": "events.csv",
    "taobao": "UserBehavior.csv",
}


def write_log(card: str, path: Path, rows: int = ROWS, seed: int = 0) -> None:
    """A log in the raw form of `card`: heavy tails, six days, not in order within a minute."""
    rng = np.random.default_rng(seed)
    seconds = 1_511_600_000 + np.sort(rng.integers(0, 500_000, rows)) + rng.integers(0, 60, rows)
    users, items = rng.zipf(1.3, rows) % (rows // 10) + 1, rng.zipf(1.2, rows) % 20_000
    text = pa.array(seconds, pa.timestamp("s")).cast(pa.string())
    if card == "taobao":
        kinds = rng.choice(["pv", "cart", "fav", "buy"], rows, p=[0.9, 0.05, 0.03, 0.02])
        columns = {"user": users, "item": items, "category": items % 500, "kind": kinds, "time": seconds}
    elif card == "retailrocket":
        kinds = rng.choice(["view", "addtocart", "transaction"], rows, p=[0.96, 0.03, 0.01])
        columns = {"timestamp": 1000 * seconds, "visitorid": users, "event": kinds, "itemid": items}
        columns["transactionid"] = [""] * rows
    elif card == "rees46":
        kinds = rng.choice(["view", "cart", "purchase"], rows, p=[0.95, 0.03, 0.02])
        columns = {"event_time": pc.binary_join_element_wise(text, "UTC", " "), "event_type": kinds}
        columns |= {"product_id": items, "category_id": 2_053_013_552_326_770_905 + items % 500}
        columns |= {"category_code": ["a.b"] * rows, "brand": [""] * rows, "price": items % 977 / 4, "user_id": users}
        columns["user_session"] = [f"{user:08x}-{day}" for user, day in zip(users, seconds // 20_000, strict=True)]
    else:
        columns = {"": np.arange(rows), "timestamp": text, "item_id": items % 34, "position": 1 + items % 3}
        columns |= {"click": rng.integers(0, 200, rows) // 199, "propensity_score": rng.uniform(1e-6, 1, rows)}
        columns |= {f"user_feature_{i}": [f"{i:032x}"] * rows for i in range(4)}
        columns |= {f"user-item_affinity_{i}": np.zeros(rows) for i in range(34)}
    table = pa.table(list(columns.values()), names=list(columns))
    plain = csv.WriteOptions(include_header=card != "taobao", quoting_style="none")
    csv.write_csv(table, path, plain)


class ReadRaw:
    """100,000 rows of each raw form: every line accounted for, typed, cut into sessions, written."""

    params = tuple(FILES)
    param_names = ("card",)

    def setup(self, card):
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / FILES[card]
        write_log(card, self.path)

    def teardown(self, card):
        shutil.rmtree(self.folder)

    def time_load(self, card):
        events.load(card, self.path, memory_limit="500MB")

    def peakmem_load(self, card):
        events.load(card, self.path, memory_limit="500MB")


class Stages:
    """REES46's raw form at three sizes, each stage by itself; the next decade should take ten times as long."""

    params = (10_000, 100_000, 1_000_000)
    param_names = ("rows",)

    def setup_cache(self):
        folder = Path(tempfile.mkdtemp(dir=".")).resolve()
        card = (cards_folder() / "rees46.toml").read_text()
        for rule in ("row", "given", "gap"):
            (folder / f"{rule}.toml").write_text(card.replace('session = "given"', f'session = "{rule}"', 1))
        logs = {}
        for rows in self.params:
            path = folder / f"{rows}.csv"
            rees46_log.write_log(path, rows)
            # Read here, in a process of its own, so that the memory of a build is the build's.
            logs[rows] = events.load(folder / "given.toml", path, out=folder / f"log-{rows}")
        return folder, logs

    def setup(self, cache, rows):
        self.folder, logs = cache
        self.path, self.log = self.folder / f"{rows}.csv", logs[rows]

    def time_read(self, cache, rows):
        """Every line typed and accounted for, every row a session of its own."""
        events.load(self.folder / "row.toml", self.path, memory_limit="1GB")

    def peakmem_read(self, cache, rows):
        events.load(self.folder / "row.toml", self.path, memory_limit="1GB")

    def time_sessions_given(self, cache, rows):
        events.load(self.folder / "given.toml", self.path, memory_limit="1GB")

    def peakmem_sessions_given(self, cache, rows):
        events.load(self.folder / "given.toml", self.path, memory_limit="1GB")

    def time_sessions_by_gap(self, cache, rows):
        events.load(self.folder / "gap.toml", self.path, memory_limit="1GB")

    def peakmem_sessions_by_gap(self, cache, rows):
        events.load(self.folder / "gap.toml", self.path, memory_limit="1GB")

    def time_build(self, cache, rows):
        mdp.build(self.log)

    def peakmem_build(self, cache, rows):
        mdp.build(self.log)

    def time_build_every_event(self, cache, rows):
        mdp.build(self.log, mdp.MDPConfig(decisions="every-event"))


class Trainable:
    """A saved dataset of a million rows until d3rlpy can train on it, and the batches it then gets."""

    def setup_cache(self):
        rng, rows = np.random.default_rng(0), 1_000_000
        data = mdp.TransitionDataset(
            observations=rng.normal(size=(rows, 8)).astype(np.float32),
            actions=rng.integers(0, 100, rows),
            rewards=rng.normal(size=rows).astype(np.float32),
            episode_starts=np.arange(0, rows, 5),
            action_count=100,
        )
        data.save(Path("million"))
        return Path("million").resolve()

    def setup(self, folder):
        data = mdp.TransitionDataset.load(folder)
        self.buffer = data.d3rlpy_buffer()
        self.resampled = np.random.default_rng(1).integers(0, data.n_episodes, data.n_episodes)

    def time_open(self, folder):
        mdp.TransitionDataset.load(folder).d3rlpy_buffer()

    def time_batch_of_256(self, folder):
        self.buffer.sample_transition_batch(256)

    def time_select_a_bootstrap(self, folder):
        self.buffer.data.select(self.resampled)


class Sample:
    """The shipped sample: 10,000 rows of 55 to 89 columns."""

    def setup(self):
        self.log = events.load("open-bandit-sample/bts-women")

    def time_load(self):
        events.load("open-bandit-sample/bts-women")

    def time_to_pandas(self):
        self.log.to_pandas()
