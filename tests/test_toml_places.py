"""What a check of a suite refuses has the line of the suite's file."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError, RlbenchError, UnknownNameError
from rlbench_rec.suite import run_suite
from rlbench_rec.toml_places import at, lines_of_file

SUITE = """name = "mine"
seeds = [0]
estimators = ["snips"]
forms = ["greedy"]
loop = "tensor"

[[sources]]
task = "ads-v1"
episodes = 50

[[sources]]
task = "recommend-v1"
episodes = 50
metrics = ["CTR"]

[[algorithms]]
id = "random"

[[algorithms]]
id = "dqn"
config = { gamma = 0.5 }
"""
ESTIMATORS = """kind = "estimators"
name = "mine"
estimators = ["snips"]

[[sources]]
task = "ads-v1"
logging = "behaviour"
"""
WRONG = [
    ("seeds = [0]", "seeds = [0, 0]", 2, "seeds: 0 is named twice"),
    ('["snips"]', '[\n "dr",\n "snipss"]', 5, "Unknown estimator 'snipss'"),
    ('["greedy"]', '["greedyy"]', 4, "forms: Unknown policy form 'greedyy'"),
    ('"tensor"', '"tensorr"', 5, "Unknown loop 'tensorr'"),
    ('"recommend-v1"', '"recomend-v1"', 12, "Unknown task 'recomend-v1'"),
    ('["CTR"]', '["CTRR"]', 14, "Unknown metric 'CTRR'"),
    ('"random"', '"randm"', 17, "Unknown algorithm 'randm'"),
    ("gamma = 0.5", "gama = 0.5", 21, "Unknown field 'gama'"),
    ('name = "mine"', 'name = "mine"\nplugins = ["nothing_here"]', 2, "The plugin cannot be imported"),
    ('name = "mine"', 'kind = "boards"\nname = "mine"', 1, "'boards' is neither of"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), WRONG, ids=[said for *_, said in WRONG])
def test_what_a_suite_gets_wrong_has_its_line(tmp_path, old, new, line, said):
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace(old, new))
    with pytest.raises(RlbenchError) as error:
        run_suite(path, tmp_path / "out")
    assert str(error.value).startswith(f"{path}:{line}: ") and said in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "line"), [("ads-v1", "adds-v1", 6), ('"behaviour"', '"behavior"', 7), ('"snips"', '"snip"', 3)]
)
def test_so_has_a_suite_of_estimators(tmp_path, old, new, line):
    path = tmp_path / "mine.toml"
    path.write_text(ESTIMATORS.replace(old, new))
    with pytest.raises(UnknownNameError) as error:
        run_suite(path, tmp_path / "out")
    assert str(error.value).startswith(f"{path}:{line}: Unknown ")


def test_the_command_says_it_too(rlbench, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace('"random"', '"randm"'))
    code, out, err = rlbench("run", path, "--out", tmp_path / "out")
    assert code == 2 and not out and f"{path}:17: Unknown algorithm 'randm'. Did you mean 'random'?" in err


def test_places_add_up_from_outside(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n[[b]]\nc = 2\n[[b]]\nc = 3\n")
    for place, where in ((("b", 1), f"{path}:4: here"), (("b", 1, "c"), f"{path}:5: here"), (("d",), "here")):
        with pytest.raises(InputError) as error, lines_of_file(path), at(*place[:1]), at(*place[1:]):
            raise InputError("It is wrong.", where="here")
        assert str(error.value) == f"{where}: It is wrong."


def test_without_a_file_errors_stay_as_they_are(tmp_path):
    for path in (None, "quick", tmp_path / "gone.toml"):
        with pytest.raises(InputError, match=r"^here: It is wrong\.$"), lines_of_file(path), at("a"):
            raise InputError("It is wrong.", where="here")
