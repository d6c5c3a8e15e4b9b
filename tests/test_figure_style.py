"""The style of pictures: plain numbers, marks at the edge, digits that line up, legends and titles that fit."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from rlbench_rec import figure_style, figures
from rlbench_rec.errors import InputError


def drawn(low: float, high: float) -> tuple[Figure, list[str]]:
    """A figure with one line, and the labels of its vertical ticks."""
    figure = figures.new_figure(4.0, 3.0)
    axis = figure.subplots()
    axis.plot([0.0, 1.0], [low, high])
    figure_style.dress(axis)
    figures.image(figure)
    return figure, [label.get_text() for label in axis.get_yticklabels()]


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [
        (0.0, 2.5e6, "1,000,000"),
        (1e-6, 3e-6, "0.00000200"),
        (1_000_000.0, 1_000_004.0, "1,000,002.0"),
        (-2000.0, 0.0, "\N{MINUS SIGN}2,000"),
    ],
)
def test_tick_numbers_are_plain_and_whole(low: float, high: float, label: str) -> None:
    figure, labels = drawn(low, high)
    assert label in labels
    assert len({len(text.partition(".")[2]) for text in labels}) == 1, "as many decimals in each"
    assert not figure.axes[0].yaxis.get_offset_text().get_text()


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1e-5, ".3g", "0.00001"), (-1234567.0, ".3g", "\N{MINUS SIGN}1,230,000"), (50.0, ".3g", "50"), (0.0, ".2g", "0")],
)
def test_numbers_in_pictures_have_no_exponent(value: float, digits: str, text: str) -> None:
    assert figure_style.plain(value, digits) == text


def test_endless_names_leave_room_for_the_picture() -> None:
    figure = figures.new_figure(10.0, 3.0)
    axis = figure.subplots()
    axis.plot([0.0, 1.0], [0.0, 1.0], label="n" * 500 + "\nend")
    at = figure_style.column(axis, ["n" * 500, "two\nlines"], "left", 4.0)
    assert at <= 304.0 and [text.get_text()[-1:] for text in axis.texts] == ["…", "s"]
    assert axis.texts[1].get_text() == "two lines"
    figure_style.finish(figure, f"In {'n' * 500}\nall is well", columns=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.image(figure)
    assert max(len(text.get_text()) for text in figure.texts) < 120


def test_what_rounding_leaves_of_nothing_is_marked_as_nothing() -> None:
    axis = figures.new_figure(4.0, 3.0).subplots()
    axis.set(xlim=(0.001, 1))
    figure_style.off_scale(axis, 0.001, 0.5, "left", -1.39e-17, "black", ".3g")
    assert [text.get_text() for text in axis.texts] == ["0"]


def test_a_mark_at_the_edge_says_what_lies_beyond() -> None:
    figure = figures.new_figure(4.0, 3.0)
    axis = figure.subplots()
    axis.set(xlim=(0, 1), ylim=(0, 1))
    figure_style.off_scale(axis, 0.9, 1.0, "top", 12.34, "black", ".3g")
    figure_style.off_scale(axis, 0.0, 0.5, "left", None, "black")
    assert [line.get_marker() for line in axis.lines] == ["^", "<"]
    assert [(text.get_text(), text.get_ha()) for text in axis.texts] == [("12.3", "right")]


def test_a_column_lines_its_digits_up() -> None:
    figure = figures.new_figure(4.0, 3.0)
    axis = figure.subplots()
    axis.set_ylim(1.5, -0.5)
    far = figure_style.column(axis, ["7.75", "\N{MINUS SIGN}10.00"], "right", 9.0, head="value")
    assert far == pytest.approx(9.0 + figure_style.text_width("\N{MINUS SIGN}10.00", figure_style.TEXT))
    figures.image(figure)
    first, second = (text.get_window_extent() for text in axis.texts[:2])
    assert first.x1 == pytest.approx(second.x1, abs=0.5) and first.x0 > second.x0
    assert figure_style.column(axis, ["", ""], "right", far) == far


def test_titles_legends_and_notes_lie_apart_whatever_their_length() -> None:
    figure = figures.new_figure(4.0, 2.0)
    axis = figure.subplots()
    for number in range(9):
        axis.plot([0, 1], [0, number], label=f"a policy of number {number}")
    figure_style.finish(figure, "a long message " * 12, "how to read it, " * 12 + "\nand more", columns=5)
    figures.image(figure)
    title, notes = (text.get_window_extent() for text in figure.texts)
    legend, panel = figure.legends[0].get_window_extent(), axis.get_tightbbox()
    heights = [notes.y0, notes.y1, legend.y0, legend.y1, panel.y0, panel.y1, title.y0, title.y1]
    assert heights == sorted(heights)
    assert notes.y0 >= 0 and title.y1 <= figure.bbox.height
    assert max(box.x1 for box in (title, notes, legend)) <= figure.bbox.width


def test_verdicts_differ_in_colour_marker_and_grey() -> None:
    from matplotlib.colors import to_rgb

    colours = [to_rgb(colour) for colour, _ in figure_style.VERDICT_STYLE.values()]
    greys = sorted(float(np.dot(colour, (0.299, 0.587, 0.114))) for colour in colours)
    assert len({marker for _, marker in figure_style.VERDICT_STYLE.values()}) == 3
    assert min(np.diff(greys)) > 0.02


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svgz", "b.PNG.txt"])
def test_any_other_suffix_is_refused(name: str, tmp_path) -> None:
    with pytest.raises(InputError, match=r"(cannot be written as|does not end in a format)"):
        figures.image_format(tmp_path / name)


def digests() -> str:
    """Of one picture in each format."""
    figure = figures.new_figure(3.0, 2.0)
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], marker="o", label="regret of 0.25")
    axis.legend()
    figures.show_as_written(figure)
    images = [figures.image(figure, format) for format in ("png", "svg", "pdf")]
    assert ">regret of 0.25</text>" in images[1].decode() and "<dc:date>" not in images[1].decode()
    assert b"/CreationDate" not in images[2]
    return " ".join(hashlib.sha256(image).hexdigest() for image in images)


def test_the_bytes_are_the_same_in_every_process_and_text_stays_text() -> None:
    code = "import test_figure_style; print(test_figure_style.digests())"
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": path}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert there.stdout.strip() == digests()
    assert len(set(digests().split())) == 3
