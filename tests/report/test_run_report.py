"""The page of a run as text: what is on it, in which order, escaped, small, the same each time, and closed."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.report import run_report
from rlbench_rec.report.run_tables import read_run
from rlbench_rec.report.shown_text import shown, without_paths
from rlbench_rec.results.packed import open_table, table_at

from .conftest import EVIL, QUICK, row, write_run

ORDER = ["to-test", "board", "truth", "frontier", "needs-rl", "weights", "curves", "data", "next", "manifest", "names"]
VOID = {"meta", "input", "br", "hr", "img", "link"}
EVENTS = re.compile(r"\son\w+\s*=")


class Elements(HTMLParser):
    """Tags with their attributes, whether they nest, and the text outside style and script."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def quick(quick_page) -> Elements:
    return Elements(quick_page)


def test_sections_come_in_the_order_of_a_readers_questions(quick):
    assert [attributes["id"] for attributes in quick.all("section")] == ORDER
    linked = [attributes["href"] for attributes in quick.all("a")]
    assert linked == ["#content", *(f"#{anchor}" for anchor in ORDER)]


def test_the_answer_is_a_sentence_of_what_to_test(quick_page):
    answer = re.search(r'<p class="answer">(.*?)</p>', quick_page)[1]
    assert "recommend-v1" in answer and "+7.2" in answer and "6 other places" in answer and answer.endswith(".")


def test_every_element_is_closed_and_headings_are_in_order(quick):
    assert quick.open == []
    levels = [int(tag[1]) for tag, _ in quick.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_header_says_what_it_is_of(quick):
    scopes = {attributes.get("scope") for attributes in quick.all("th")}
    assert scopes == {"col", "row"}
    assert len(quick.all("caption")) == len(quick.all("table")) > 5


def test_ids_are_one_of_each(quick):
    ids = [attributes["id"] for _, attributes in quick.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_row_has_a_cell_for_each_column(quick_page):
    for table in re.findall(r"<table>.*?</table>", quick_page, flags=re.DOTALL):
        columns = len(re.findall(r'<th scope="col"', table))
        body = table.split("<tbody>")[1]
        for cells in re.findall(r"<tr[^>]*>(.*?)</tr>", body, flags=re.DOTALL):
            assert len(re.findall(r"<t[hd][ >]", cells)) == columns


def test_only_the_style_and_the_script_of_the_package_may_take_effect(quick_page, quick):
    (policy,) = (a["content"] for a in quick.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for name in ("style", "script"):
        (inside,) = re.findall(f"<{name}>(.*?)</{name}>", quick_page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert not any("style" in attributes or attributes.get("src") for _, attributes in quick.tags)


def test_the_page_names_no_address_elsewhere(quick_page, evil_page):
    for page in (quick_page, evil_page):
        assert not re.search(r"(?:https?:)?//[a-z]", page.replace("// ", "")), "an address"
        assert "url(" not in page and "@import" not in page


def test_the_page_is_small_and_the_same_each_time(quick_page):
    assert len(quick_page.encode()) < 1_000_000
    assert run_report(QUICK, read_logs=False) == quick_page


def test_what_a_run_says_is_text_and_nothing_else(evil_page):
    elements = Elements(evil_page)
    assert EVIL in elements.text and EVIL not in evil_page
    assert len(elements.all("script")) == 1 and elements.open == []
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    # What stands in attributes, the label of a chart or a table, is text there too.
    assert not EVENTS.search(re.sub(r'"[^"]*"', '""', evil_page.split("<script>")[0]))


def test_control_characters_are_shown_and_not_obeyed(tmp_path):
    rows = [row("behaviour", 1.0, variant="logged", estimator="on-policy"), row("a\u202eb\x1bc", 2.0)]
    page = run_report(write_run(tmp_path / "run", rows, {}))
    assert "\u202e" not in page and "\x1b" not in page and "a\\u202eb\\u001bc" in page


def test_no_folder_of_the_machine_is_named(evil_page, evil_run, quick_page):
    assert "/home/anna" not in evil_page and "secret/" not in evil_page and str(evil_run.parent) not in evil_page
    assert "my-shop.toml" in evil_page and "log.csv" in evil_page
    assert str(QUICK.parent) not in quick_page


@pytest.mark.parametrize(
    ("text", "shown_text"),
    [
        ("/home/anna/a.toml", "a.toml"),
        ("--data=~/logs/b.csv", "--data=b.csv"),
        ("C:\\Users\\anna\\c.csv", "c.csv"),
        ("runs/quick", "runs/quick"),
        ("open-bandit-sample/bts-all", "open-bandit-sample/bts-all"),
        ("1/3", "1/3"),
        ("/home/anna b/my logs/c.csv", "c.csv"),
        ("failed: /home/anna/d.csv: there is no such file", "failed: d.csv: there is no such file"),
        ("dqn/mlp/gamma-0/softmax-0.1", "dqn/mlp/gamma-0/softmax-0.1"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("and/or / not", "and/or / not"),
        ("at:/home/anna/log.csv", "at:log.csv"),
        ("see file:///home/anna/log.csv now", "see log.csv now"),
        ("in ~anna/secret/log.csv", "in log.csv"),
        ("https://example.org/a/b and s3://bucket/a/b", "https://example.org/a/b and s3://bucket/a/b"),
    ],
)
def test_of_a_path_from_a_root_only_the_end_is_shown(text, shown_text):
    assert without_paths({"a": [text]}) == {"a": [shown_text]}
    assert shown(text) == shown_text


def test_an_unreliable_row_is_hidden_at_first_and_a_failed_job_is_named(evil_page):
    assert re.search(r'<tr class="minor">\s*<th scope="row">Random<', evil_page)
    assert "shop.bcq.seed0 failed: " in Elements(evil_page).text
    assert "--resume does what is left" in evil_page


def test_estimates_stand_beside_their_true_values(tmp_path):
    inside = [row(name, value, true_value=value + 0.05) for name, value in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    outside = [row("d", 4.0, verdict="weak", true_value=6.0)]
    rows = [row("behaviour", 1.0, variant="logged", estimator="on-policy"), *inside, *outside]
    page = run_report(write_run(tmp_path / "run", rows, {}))
    assert "interval of 3 of 3 trusted and 0 of 1 weak estimates" in page
    assert "shop: 3 of 4 intervals of snips hold the truth" in page


def test_sections_without_a_table_are_left_out(evil_page):
    ids = [attributes["id"] for attributes in Elements(evil_page).all("section")]
    assert ids == ["board", "truth", "weights", "data", "next", "manifest", "names"]


def test_a_suite_of_estimators_has_a_page(tmp_path):
    shutil.copytree(QUICK.parent / "ope", tmp_path / "ope")
    page = run_report(tmp_path / "ope")
    assert "Which estimator is to be believed?" in page and 'id="estimators"' in page


def test_two_runs_are_compared_worst_first(tmp_path):
    def board(name: str, dqn: float):
        rows = [
            row(name, value + 0.01 * (replicate % 3), replicate=replicate, run_id=f"shop.{name}.{replicate}")
            for replicate in range(6)
            for name, value in (("dqn", dqn), ("cql", 3.0))
        ]
        return write_run(tmp_path / name, rows, {"config": {"name": name}})

    elements = Elements(run_report(board("now", 1.0), board("before", 2.0)))
    assert elements.all("section")[0]["id"] == "compared"
    assert "Something became worse. Beside before: 2 rows: 1 worse beyond" in " ".join(elements.text.split())


def test_an_old_board_without_replicates_has_a_page():
    page = run_report(QUICK.parent / "floor", read_logs=False)
    assert 'id="overall"' in page and "of 4 places" in page


def test_the_command_writes_the_page_and_refuses_another_suffix(evil_run, tmp_path):
    from typer.testing import CliRunner

    from rlbench_rec.cli.app import app

    done = CliRunner().invoke(app, ["report", str(evil_run), "--no-logs", "--out", str(tmp_path / "a.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.html").read_text() == run_report(evil_run, read_logs=False)
    refused = CliRunner().invoke(app, ["report", str(evil_run), "--out", str(tmp_path / "a.pdf")])
    assert "A report is an HTML file." in str(refused.exception) and not (tmp_path / "a.pdf").exists()


def test_what_is_not_a_run_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match="no such folder"):
        run_report(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match="not the folder of a run"):
        run_report(tmp_path)
    (tmp_path / "leaderboard.csv").write_text("rank\n")
    with pytest.raises(InputError):
        read_run(tmp_path)


def test_tables_without_rows_are_left_out(tmp_path):
    folder = write_run(tmp_path / "bare", [row("behaviour", 1.0, variant="logged", estimator="on-policy")], {})
    for name in ("needs_rl", "needs_rl_logs", "curves", "frontier"):
        source = table_at(QUICK / f"{name}.csv")
        with open_table(source) as stream:
            (folder / f"{name}.csv").write_text(stream.readline())
    page = Elements(run_report(folder, read_logs=False))
    assert not {"needs-rl", "curves", "frontier"} & {attributes["id"] for attributes in page.all("section")}


def test_runs_that_cannot_be_compared_are_refused_with_advice_that_a_report_can_follow(tmp_path):
    rows = [row("behaviour", 1.0, variant="logged", estimator="on-policy"), row("dqn", 1.5)]
    run = write_run(tmp_path / "run", rows, {})
    other = write_run(tmp_path / "other", [cells | {"dataset_sha256": "ff"} for cells in rows], {})
    with pytest.raises(InputError, match=r"other data.* Report one run alone") as refused:
        run_report(run, other, read_logs=False)
    assert "--allow" not in str(refused.value)
