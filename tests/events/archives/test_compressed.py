"""Packed files give the log that the plain ones give: every row, every line number, the same checksum."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.archives import compressed
from rlbench_rec.events.infer import draft

RAW = Path(__file__).parents[1] / "fixtures"
HEADER = "time,user,item,what,price\n"
GOOD = "1,1,7,view,1.5\n"
PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in files.items():
            box.writestr(name, content)
    return path


def pack(folder: Path, form: str) -> None:
    """Every file of a folder in another form, in its place; `all` is one archive of them, with a folder of its own."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path, content in files.items():
        path.unlink()
        if form == ".zip":
            zipped(path.with_name(f"{path.name}.zip"), {path.name: content})
        elif form != "all":
            path.with_name(path.name + form).write_bytes(PACK[form](content))
    if form == "all":
        extra = {"__MACOSX/._events.csv": b"x", "Readme.txt": b"hello"}
        zipped(folder / "archive.zip", {f"data/{p.relative_to(folder)}": c for p, c in files.items()} | extra)


def account(log: events.EventLog) -> list[list]:
    frame = pd.read_parquet(log.quarantine)
    frame["file"] = frame["file"].map(lambda name: compressed.plain_name(Path(name)))
    return frame.to_numpy().tolist()


@pytest.mark.parametrize("form", [".gz", ".bz2", ".xz", ".zst", ".zip", "all"])
@pytest.mark.parametrize(
    "name", ["rees46-cosmetics", "retailrocket", "yoochoose", "otto/train", "kuairand/pure-random"]
)
def test_every_form_is_the_same_log(raw, name, form):
    plain = events.load(name, RAW / name.split("/")[0])
    folder = raw(name.split("/")[0])
    pack(folder, form)
    log = events.load(name, folder)
    assert log.report == plain.report and account(log) == account(plain)
    assert log.to_arrow().equals(plain.to_arrow())
    assert log.source_sha256 == plain.source_sha256


def test_an_archive_can_be_given_itself(raw):
    folder = raw("retailrocket")
    plain = events.load("retailrocket", folder)
    pack(folder, "all")
    log = events.load("retailrocket", folder / "archive.zip")
    assert log.report == plain.report and log.report.lookups
    with pytest.raises(InputError, match=r"No file UserBehavior\.csv in the archive.*It holds: Readme\.txt, data/"):
        events.load("taobao", folder / "archive.zip")


def test_the_only_file_of_an_archive_needs_no_name(shop, tmp_path):
    card = shop(HEADER + GOOD)
    box = zipped(tmp_path / "download (1).zip", {"export": (HEADER + GOOD * 3).encode()})
    assert events.load(card, box).n_rows == 3


def test_what_lies_there_plain_and_packed_is_read_once(shop, tmp_path):
    card = shop(HEADER + GOOD)
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress((HEADER + GOOD).encode()))
    zipped(tmp_path / "log.csv.zip", {"log.csv": (HEADER + GOOD).encode()})
    zipped(tmp_path / "others.zip", {"more.csv": (HEADER + GOOD).encode()})
    assert events.load(card).n_rows == 1


def test_months_in_different_forms_are_one_log(shop, tmp_path):
    card = shop(HEADER + GOOD)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEADER + "\n" + GOOD).encode()))
    zipped(tmp_path / "c.csv.zip", {"c.csv": (HEADER + GOOD + "x").encode()})
    log = events.load(card)
    assert log.report == events.LoadReport(5, 3, {"malformed": 2})
    places = pd.read_parquet(log.quarantine)[["file", "line"]].to_numpy().tolist()
    assert places == [["b.csv.gz", 2], ["c.csv", 3]]


def test_an_ending_proves_nothing(shop, tmp_path):
    card = shop(gzip.compress((HEADER + GOOD).encode()))
    assert events.load(card).n_rows == 1
    (tmp_path / "log.csv").unlink()
    (tmp_path / "log.csv.gz").write_text(HEADER + GOOD)
    (tmp_path / "late.csv.zip").write_text(HEADER + GOOD)
    assert events.load(card).n_rows == 2


@pytest.mark.parametrize("form", [".gz", ".bz2", ".xz", ".zst"])
def test_a_broken_transfer_is_an_error_and_no_shorter_log(shop, tmp_path, form):
    card = shop("")
    content = PACK[form]((HEADER + "".join(f"{i},{i * i},7,view,\n" for i in range(5000))).encode())
    (tmp_path / "log.csv").write_bytes(content[:-100])
    with pytest.raises(InputError, match=r"log\.csv: The archive is broken"):
        events.load(card)


def test_broken_and_dishonest_zip_files(shop, tmp_path):
    card = shop(HEADER + GOOD)
    box = zipped(tmp_path / "x.zip", {"log.csv": (HEADER + GOOD * 1000).encode()})
    content = box.read_bytes()
    for broken in (content[:-30], content[:60] + bytes(20) + content[80:]):
        box.write_bytes(broken)
        with pytest.raises(InputError, match="The archive is broken"):
            events.load(card, box)
    for name in ("../log.csv", "/etc/log.csv", "a/../../log.csv", "C:log.csv"):
        with pytest.raises(InputError, match="leads out of the archive"):
            events.load(card, zipped(box, {name: b"x"}))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(box, "w") as twice:
        twice.writestr("log.csv", HEADER + GOOD)
        twice.writestr("log.csv", HEADER + GOOD * 2)
    with pytest.raises(InputError, match="have the same name"):
        events.load(card, box)


@pytest.mark.parametrize("form", [".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_a_bomb_does_not_go_off(shop, tmp_path, monkeypatch, form):
    monkeypatch.setattr(compressed, "FLOOR", 1 << 20)
    card, content = shop(""), (HEADER + GOOD * 400_000).encode()
    path = tmp_path / f"log.csv{form}"
    path.write_bytes(b"") if form == ".zip" else path.write_bytes(PACK[form](content))
    if form == ".zip":
        zipped(path, {"log.csv": content})
    assert len(content) > 200 * path.stat().st_size
    with pytest.raises(InputError, match="More than 200 times its size"):
        events.load(card, path)


@pytest.mark.parametrize("name", ["log.tar.gz", "log.7z", "log.tgz", "log.tar.xz"])
def test_archives_that_are_not_read_are_named(shop, tmp_path, name):
    (tmp_path / name).write_bytes(b"7z")
    with pytest.raises(InputError, match="Unpack it"):
        events.load(shop(HEADER + GOOD), tmp_path / name)


def test_parquet_in_an_archive(shop, tmp_path):
    card = shop("", more='dialect = "parquet"\n', files='[{ pattern = "*.parquet" }]')
    pd.DataFrame({"time": [1]}).to_parquet(tmp_path / "a.parquet")
    box = zipped(tmp_path / "a.zip", {"a.parquet": (tmp_path / "a.parquet").read_bytes()})
    with pytest.raises(InputError, match="unpack the archive"):
        events.load(card, box)
    with pytest.raises(InputError, match="Unpack it"):
        draft(box)


@pytest.mark.parametrize("form", PACK)
def test_a_packed_file_is_closed(tmp_path, monkeypatch, form):
    path = tmp_path / f"log.csv{form}"
    path.write_bytes(PACK[form](GOOD.encode()))
    file = path.open("rb")
    monkeypatch.setattr(Path, "open", lambda *_: file)
    with compressed.opened(path) as stream:
        assert stream.read() == GOOD.encode() and not file.closed
    assert file.closed


SHOP = "time,sku,action,customer\n" + "1700000000,a,view,7\n1700000009,b,buy,7\n" * 50


@pytest.mark.parametrize("form", [".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_a_card_drafted_from_a_packed_file_loads_it(tmp_path, form):
    path = tmp_path / f"shop.csv{form}"
    zipped(path, {"shop.csv": SHOP.encode()}) if form == ".zip" else path.write_bytes(PACK[form](SHOP.encode()))
    made = draft(path)
    assert made.ready and made.path.name == "shop.toml"
    assert events.load(made.path).report == events.LoadReport(100, 100)
