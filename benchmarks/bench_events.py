"""Speed and memory of reading logs, from raw text to sessions."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from rlbench_rec import events

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


class Sample:
    """The shipped sample: 10,000 rows of 55 to 89 columns."""

    def setup(self):
        self.log = events.load("open-bandit-sample/bts-women")

    def time_load(self):
        events.load("open-bandit-sample/bts-women")

    def time_to_pandas(self):
        self.log.to_pandas()
