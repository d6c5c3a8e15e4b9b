"""Cards: what they may say, how they are found, and where their files are."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError, MissingFileError, UnknownNameError
from rlbench_rec.events.cards.card import DatasetCard
from rlbench_rec.events.cards.find import cards_folder, find, resolve_files

LOG = "time,user,item,what,price\n0,1,1,view,\n"


@pytest.mark.parametrize("name", events.list_cards())
def test_every_card_says_what_it_is(name):
    card = events.find_card(name)
    assert card.id == name
    assert card.licence and card.citation and card.homepage.startswith("https://")
    assert set(card.events.values()) <= set(events.EVENTS)


def test_the_public_logs_are_there():
    chosen = {"retailrocket", "yoochoose", "diginetica", "rees46", "rees46-cosmetics", "otto", "taobao"}
    shown = {"open-bandit", "open-bandit-sample", "kuairand", "rl4rs", "diginetica-queries"}
    assert chosen | shown <= set(events.list_cards())


@pytest.mark.parametrize(
    ("name", "source", "propensity"),
    [
        ("open-bandit", "exposure", "logged"),
        ("open-bandit-sample", "exposure", "logged"),
        ("taobao", "choice", "none"),
        ("rees46", "choice", "none"),
        ("rees46-cosmetics", "choice", "none"),
        ("retailrocket", "choice", "none"),
        ("yoochoose", "choice", "none"),
        ("diginetica", "choice", "none"),
        ("otto", "choice", "none"),
        ("rl4rs", "exposure", "estimated"),
        ("diginetica-queries", "exposure", "none"),
    ],
)
def test_the_two_facts_every_claim_rests_on(name, source, propensity):
    card = events.find_card(name)
    assert (card.action_source, card.propensity) == (source, propensity)


def test_the_shipped_files_are_those_of_the_card():
    card = events.find_card("open-bandit-sample")
    assert len(card.files) == len(card.variants) == 6
    for spec in card.files:
        content = (cards_folder() / card.id / spec.pattern).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (spec.size, spec.sha256)


def test_every_field_of_a_card_is_documented():
    import ast
    import inspect

    from rlbench_rec.events.cards import card, shape

    for cls in [cls for module in (card, shape) for cls in ast.parse(inspect.getsource(module)).body]:
        if not isinstance(cls, ast.ClassDef):
            continue
        for field, after in zip(cls.body, [*cls.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant), (
                    f"{cls.name}: {field.lineno}"
                )


def test_unknown_names_are_answered_with_a_guess():
    with pytest.raises(UnknownNameError, match="Did you mean 'taobao'"):
        events.load("toabao")
    with pytest.raises(UnknownNameError, match="Did you mean 'bts-women'"):
        events.load("open-bandit-sample/bts-woman")


def test_a_card_with_several_logs_asks_which():
    with pytest.raises(InputError, match="open-bandit-sample/bts-all"):
        events.load("open-bandit-sample")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": '""\ncolour = "red"'}, "colour"),
        ({"events": '{ view = "seen" }'}, "unknown event 'seen'"),
        ({"reward_weights": "{ sold = 1.0 }"}, "unknown event 'sold'"),
        ({"files": '[{ pattern = "../other.csv" }]'}, "leads out of the data folder"),
        ({"files": '[{ pattern = "/etc/passwd" }]'}, "leads out of the data folder"),
        ({"files": "[]"}, "needs files or variants"),
        ({"propensity": '"uniform"'}, "needs items"),
        ({"propensity": '"logged"'}, "columns.propensity"),
        ({"time_unit": '"iso"\ntime_zone = "Europe/Bärlin"'}, "not a time zone"),
        ({"time_unit": '"s"\nwindow = { start = "2020-01-01T00:00:00", end = "2021-01-01T00:00:00" }'}, "timezone"),
        ({"time_unit": '"s"\nsession = "given"'}, "columns.session"),
        ({"time_unit": '"s"\nheader = false'}, "needs names"),
        ({"title": "no quotes"}, "Not a TOML file"),
        ({"events": '{ view = "view" }\nevent = "view"'}, "by one of them"),
        ({"events": '{ view = "view" }\noutcomes = { bought = "purchase" }'}, "by one of them"),
        ({"events": "{}"}, "needs events"),
        ({"files": '[{ pattern = "*.csv", event = "view" }]'}, "by one of them"),
        ({"files": '[{ pattern = "*.csv", columns = { colour = "red" } }]'}, "colour"),
        ({"title": '""\nlists = { columns = [] }'}, "lists.columns"),
        ({"title": '""\nlists = { columns = ["user"] }'}, "columns.user cannot differ within a list"),
        ({"title": '""\nlists = { columns = ["item"] }\ndeduplicate = true'}, "deduplicate and lists"),
        ({"title": '""\nlookups = [{ pattern = "a", into = "price", key = { item = "i" } }]'}, "needs value"),
        ({"title": '""\nlookups = [{ pattern = "a", into = "event", key = { item = "i" } }]'}, "needs event"),
        ({"title": '""\nlookups = [{ pattern = "a", into = "price", value = "p", key = {} }]'}, "needs a key"),
        ({"title": '""\nlookups = [{ pattern = "../a", into = "price", value = "p", key = { item = "i" } }]'}, "leads"),
    ],
)
def test_a_wrong_card_is_refused_by_name_of_the_field(shop, change, message):
    with pytest.raises(InputError, match=message) as caught:
        events.load(shop(LOG, **change))
    assert "shop.toml" in str(caught.value)


def test_an_unknown_dialect_is_answered_with_a_guess(shop):
    with pytest.raises(UnknownNameError, match="Did you mean 'delimited'"):
        events.load(shop(LOG, time_unit='"s"\ndialect = "delimitd"'))


def test_a_missing_card(tmp_path):
    with pytest.raises(MissingFileError, match=r"no such card"):
        events.load(tmp_path / "none.toml")


def test_a_users_card_finds_its_files_beside_itself(shop):
    assert events.load(shop(LOG)).n_rows == 1
    assert events.load(str(shop(LOG))).n_rows == 1


def test_missing_files_say_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.delenv("RLBENCH_DATA", raising=False)
    with pytest.raises(MissingFileError, match=r"tianchi\.aliyun\.com"):
        events.load("taobao")
    with pytest.raises(MissingFileError, match=r"UserBehavior\.csv"):
        events.load("taobao", tmp_path)
    with pytest.raises(MissingFileError):
        events.load("taobao", tmp_path / "none.csv")


def test_data_can_lie_in_the_folder_of_an_environment_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path))
    (tmp_path / "taobao").mkdir()
    (tmp_path / "taobao" / "UserBehavior.csv").write_text("1,2,3,pv,1511544070\n")
    assert events.load("taobao").n_rows == 1


def test_a_variant_is_taken_from_its_own_place_alone(tmp_path):
    file = tmp_path / "bts" / "men" / "men.csv"
    file.parent.mkdir(parents=True)
    file.touch()
    assert resolve_files(find("open-bandit/bts-men"), tmp_path) == [file]
    assert resolve_files(find("open-bandit/bts-men"), file) == [file]
    # In the folder of the one log, a file of the same name must not pass for the other.
    with pytest.raises(MissingFileError, match=r"random/men/men\.csv"):
        resolve_files(find("open-bandit/random-men"), file.parent)
    with pytest.raises(InputError, match="Choose one: open-bandit/random-all, "):
        resolve_files(find("open-bandit"), file)


def test_the_logs_of_a_card_of_ones_own_are_asked_for_by_its_file(tmp_path):
    shutil.copy(cards_folder() / "open-bandit.toml", tmp_path / "mine.toml")
    with pytest.raises(InputError, match=r"Choose one: CARD\.toml/random-all, "):
        events.load(tmp_path / "mine.toml")


def test_a_card_goes_through_json_unchanged():
    card = events.find_card("taobao")
    assert DatasetCard.model_validate_json(card.model_dump_json()) == card


def test_importing_the_room_is_cheap():
    code = (
        "import sys, rlbench_rec.events; "
        "print([m for m in ('duckdb', 'pandas', 'pyarrow', 'pydantic', 'torch') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_building_the_sample_again_gives_the_same_bytes(shared_data, tmp_path):
    source, script = shared_data / "open_bandit" / "obd", cards_folder() / "build_open_bandit_sample.py"
    subprocess.run([sys.executable, str(script), str(source), "--out", str(tmp_path)], check=True, capture_output=True)
    built = sorted(path.name for path in tmp_path.iterdir())
    assert len(built) == 12
    for name in built:
        assert (tmp_path / name).read_bytes() == Path(cards_folder() / "open-bandit-sample" / name).read_bytes(), name


@pytest.mark.parametrize("pattern", ["", ".", "**", "**.csv", "a/**b/c.csv", "log/**", "a\\u0000b", "/log.csv", "../x"])
def test_a_pattern_that_names_no_file_of_the_folder_is_refused(shop, pattern):
    path = shop(LOG, files=f'[{{ pattern = "{pattern}" }}]')
    with pytest.raises(InputError, match=r"shop\.toml:10: files, first entry: pattern: "):
        events.load(path)


@pytest.mark.parametrize("items", ["10000000000", "0", "-1", "1e9", "9" * 5_000])
def test_a_catalogue_of_no_size_is_refused(shop, items):
    path = shop(LOG, more=f"items = {items}\n")
    with pytest.raises(InputError, match=r"shop\.toml:1: (items: |A number)"):
        events.load(path)


def test_a_card_may_begin_with_a_byte_order_mark(shop):
    path = shop(LOG)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert events.load(path).n_rows == 1


def test_a_card_that_is_a_folder(tmp_path):
    (tmp_path / "shop.toml").mkdir()
    with pytest.raises(InputError, match=r"shop\.toml: The card cannot be read"):
        events.find_card(tmp_path / "shop.toml")
