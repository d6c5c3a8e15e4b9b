"""What `rlbench list` says of each policy and algorithm."""

import re

import pytest

from rlbench_rec.suite import listings


@pytest.mark.parametrize("row", listings.algorithms(), ids=lambda row: row["id"])
def test_a_line_of_the_list_is_one_short_sentence(row):
    words = row["what it is"]
    assert words.endswith(".") and not re.search(r"\. [A-Z`]", words), words
    assert 20 < len(words) <= 120, f"{len(words)} characters: {words}"


def test_policies_are_listed_with_their_settings_and_defaults():
    settings = {row["id"]: row["settings"] for row in listings.policies()}
    assert settings["markov"] == "smoothing = 1.0, backing_off = 10.0"
    assert settings["random"] == ""
    assert "explore = 0.0" in settings["file:PATH"]
