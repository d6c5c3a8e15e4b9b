"""Property: a table written in any layout is looked into, and its names and texts come back."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlbench_rec.events.infer.file_sample import look_into

NAMES = ["event_time", "user_id", "sku", "event", "price", "title"]
TITLES = {
    "utf-8": ["Größe 41", "手机", "plain", "naïve"],
    "gbk": ["手机", "苹果电脑", "plain", "衣服 鞋子"],
    "big5": ["手機", "蘋果電腦", "plain", "購買商品"],
    "shift_jis": ["テレビ", "購入", "plain", "シャツ"],
    "euc_kr": ["노트북", "장바구니", "plain", "구매"],
    "cp1252": ["Schuhe für Männer", "Größe", "plain", "15 € Gutschein"],
    "cp1251": ["корзина", "ноутбук", "plain", "телефон"],
    "utf-16": ["Größe", "手机", "plain", "naïve"],
    "utf-16-le": ["Größe", "手机", "plain", "naïve"],
}
PREAMBLE = {0: [], 1: ["Report: sales"], 3: ["Report: sales", "Period: March, 2019", ""]}
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def table(seed: int, encoding: str, rows: int) -> list[list[str]]:
    random.seed(seed)
    made = []
    for i in range(rows):
        time = f"2019-10-{1 + i % 28:02d} {i % 24:02d}:{(7 * i) % 60:02d}:00"
        event = random.choice(["view", "view", "cart", "purchase"])
        price = random.choice(["", "15.0", "9.99", "120"])
        made.append(
            [time, str(500 + i % 7), f"S{i % 5}0{i % 3}", event, price, TITLES[encoding][i % len(TITLES[encoding])]]
        )
    return made


def written(rows: list[list[str]], delimiter: str, quote: str, style: str) -> list[str]:
    """Lines: every field quoted, or those that need it, or none."""

    def field(text: str) -> str:
        if quote and (style == "all" or delimiter in text or quote in text):
            return quote + text.replace(quote, quote * 2) + quote
        return text

    return [delimiter.join(map(field, row)) for row in rows]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    rows=st.integers(12, 60),
    encoding=st.sampled_from(sorted(TITLES)),
    delimiter=st.sampled_from([",", ";", "\t", "|", "\x01", "::", "||", "|~|", "^", "~"]),
    quoting=st.sampled_from([('"', "few"), ('"', "all"), ("'", "all"), ("", "none")]),
    header=st.booleans(),
    preamble=st.sampled_from([0, 1, 3]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    packing=st.sampled_from(sorted(PACKERS)),
    comma=st.booleans(),
)
def test_texts_come_back(
    tmp_path_factory, rows_read, seed, rows, encoding, delimiter, quoting, header, preamble, end, packing, comma
):
    quote, style = quoting
    body = table(seed, encoding, rows)
    if comma and quote:
        # A text that holds the delimiter.
        body[3][5] = body[5][5] = f"black{delimiter} large"
    lines = PREAMBLE[preamble] if header else []
    lines = [
        *lines,
        *written([NAMES] if header else [], delimiter, quote, style),
        *written(body, delimiter, quote, style),
    ]
    path = tmp_path_factory.mktemp("layout") / f"log.csv{packing}"
    path.write_bytes(PACKERS[packing]("".join(line + end for line in lines).encode(encoding)))
    sample = look_into(path)
    assert sample.names == (NAMES if header else [f"column_{i}" for i in range(1, 7)])
    assert [list(row) for row in zip(*sample.columns.values(), strict=True)] == body, sample.layout
    assert rows_read(sample, path) == body
    assert not [question for question in sample.questions if question.key != "encoding"]


COLUMNS = {
    "time": lambda i, draw: str(1569924000 + 60 * i),
    "user_id": lambda i, draw: f"u{i % 5}",
    "item": lambda i, draw: str(draw.randrange(1000, 1200)),
    "event": lambda i, draw: draw.choice(["view", "cart", "purchase"]),
    "price": lambda i, draw: draw.choice(["", "3.5", "10"]),
    "note": lambda i, draw: draw.choice(["red, big", "a;b", "x|y", "ok", "", '27" tv', "l'eau", 'say "hi"']),
    "day": lambda i, draw: f"2019-10-{1 + i % 28:02d}",
    "clock": lambda i, draw: f"{i % 24:02d}:00:00",
    "url": lambda i, draw: f"https://x.y/{i}?a=1&b=2",
}


@settings(max_examples=60, deadline=None)
@example(seed=7, rows=5, columns=["clock", "day", "event", "price", "note"], delimiter="~", style="few")
@given(
    seed=st.integers(0, 9999),
    rows=st.sampled_from([5, 8, 20, 100]),
    columns=st.permutations(sorted(COLUMNS)).flatmap(lambda names: st.integers(3, 9).map(lambda n: names[:n])),
    delimiter=st.sampled_from([",", ";", "\t", "|", "\x01", "::", "||", "~", "^", "@@"]),
    style=st.sampled_from(["few", "all"]),
)
def test_signs_in_texts_are_not_taken_for_delimiters(tmp_path_factory, seed, rows, columns, delimiter, style):
    names = ["time", *(name for name in columns if name != "time")]
    draw = random.Random(seed)
    body = [[COLUMNS[name](i, draw) for name in names] for i in range(rows)]
    path = tmp_path_factory.mktemp("table") / "log.csv"
    lines = written([names, *body], delimiter, '"', style)
    path.write_text("".join(f"{line}\n" for line in lines))
    sample = look_into(path)
    assert sample.names == names and [list(row) for row in zip(*sample.columns.values(), strict=True)] == body
