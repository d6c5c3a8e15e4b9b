"""Datasheets: in step with cards and tasks, complete or honest about it, and as the Croissant format asks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rlbench_rec import events
from rlbench_rec.audit.datasheets.croissant import croissant, problems
from rlbench_rec.audit.datasheets.datasheet import UNREAD
from rlbench_rec.audit.datasheets.folder import texts_of, write_datasheets
from rlbench_rec.audit.datasheets.markdown import index
from rlbench_rec.audit.datasheets.of_card import datasheet_of_card, datasheets_of_cards
from rlbench_rec.audit.datasheets.of_task import datasheet_of_task, datasheets_of_tasks
from rlbench_rec.events.cards.find import find
from rlbench_rec.events.fingerprint import card_sha256
from rlbench_rec.tasks import TASKS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "datasheets"
SHEETS = [*datasheets_of_cards(), *datasheets_of_tasks()]
RE_READ = {"kuairand", "open-bandit-sample", "otto", "rl4rs", "yoochoose"}
UNDATED = {"rees46", "rees46-cosmetics", "retailrocket"}
"""Cards of which no date of publication is known: the one thing that the format asks and they lack."""


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_the_folder_is_in_step(sheet):
    for name, text in texts_of(sheet).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "rlbench data|tasks datasheet --out docs/datasheets"


def test_the_index_is_in_step_and_names_nothing_else():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == index(SHEETS)
    expected = {name for sheet in SHEETS for name in texts_of(sheet)} | {"README.md"}
    assert {path.name for path in FOLDER.iterdir()} == expected
    assert {sheet.id for sheet in SHEETS} == {*events.list_cards(), *TASKS}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_what_the_format_asks_is_there(sheet):
    wanted = ["datePublished is missing"] if sheet.id in UNDATED else []
    assert problems(croissant(sheet)) == wanted
    assert ("date of publication" in sheet.unknown) == (sheet.id in UNDATED)


def test_a_licence_is_read_somewhere_or_unread():
    read = {sheet.id for sheet in SHEETS if sheet.kind == "data set" and sheet.licence.read}
    assert read == RE_READ
    for sheet in SHEETS:
        if sheet.licence.read:
            # When it was, or that it is our own.
            assert re.match(r"\d{4}-\d\d-\d\d, |the package's own", sheet.licence.read)
        else:
            assert sheet.licence.status == UNREAD and "the licence in its owners' words" in sheet.unknown


def test_problems_are_found():
    content = croissant(datasheet_of_card("open-bandit-sample"))
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert content["distribution"][0]["contentSize"] == "154284 B"
    del content["license"]
    content["distribution"].append(content["distribution"][0] | {"sha256": ""})
    content["recordSet"][0]["field"][0]["source"] = {"fileObject": {"@id": "none"}}
    content["recordSet"][0]["field"].append({"@type": "cr:Table", "@id": "x"})
    assert problems(content) == [
        "license is missing",
        "bts-all.parquet: sha256 is missing",
        "x: cr:Table is not a type of the format",
        "bts-all.parquet stands for several things",
        "rows/timestamp: there is no none",
    ]


def test_a_choice_log_claims_nothing_about_value():
    assert "not-identified" in datasheet_of_card("taobao").uses[0]
    assert "are identified" in datasheet_of_card("open-bandit").uses[0]


def test_a_task_says_its_version_and_what_a_row_is():
    sheet = datasheet_of_task("pricing-v1")
    assert (sheet.version, croissant(sheet)["version"]) == ("1", "1.0.0")
    assert "6 numbers, one of 7 actions" in sheet.composition[0]
    assert [field.name for field in sheet.fields][-4:] == ["CVR", "revenue", "discount", "satisfaction"]


def test_who_made_it_and_its_licence_leave_the_hash_of_a_card_alone():
    located = find("otto")
    other = located.card.model_copy(update={"creators": [], "licence_read": "", "licence_url": "x", "published_on": ""})
    assert card_sha256(located) == card_sha256(type(located)(other, located.folder))


def test_a_user_s_own_card_has_one_too(tmp_path, rlbench):
    card = tmp_path / "mine.toml"
    card.write_text(
        'id = "mine"\ntitle = "Mine"\nlicence = "ours"\ncitation = "none"\nevent = "view"\naction_source = "choice"\n'
        'propensity = "none"\nreward_weights = { view = 1 }\nsession = "row"\n'
        '[[files]]\npattern = "log.csv"\n[columns]\ntimestamp = "t"\nitem = "i"\n'
    )
    code, out, _ = rlbench("data", "datasheet", card)
    assert code == 0 and "# Mine" in out and "| not known | creators, date of publication, page, " in out


def test_the_commands(rlbench, tmp_path):
    code, out, _ = rlbench("tasks", "datasheet", "cart-v1", "--croissant")
    assert code == 0 and json.loads(out)["name"] == "cart-v1"
    code, out, _ = rlbench("data", "datasheet", "otto", "--out", tmp_path / "new")
    assert code == 0 and "2 files" in out
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"otto.md", "otto.croissant.json", "README.md"}
    code, _, err = rlbench("data", "datasheet")
    assert code == 2 and "No data set or task is named" in err
    assert write_datasheets([], tmp_path / "none") == []
