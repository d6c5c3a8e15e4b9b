"""Spaces: what can be tried, what is tried of each algorithm, and what the package's own files say."""

from __future__ import annotations

import pytest

from rlbench_rec import policies
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.training import ALGORITHMS
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.tuning.space import FORM, FORM_PARAMETERS, Range, Space
from rlbench_rec.tuning.spaces import load_spaces, read_spaces, space_of

Q_FORMS = ("greedy", "softmax", "tilted")


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"low": 1.0, "high": 1.0}, "low must be below high"),
        ({"low": 0.0, "high": 1.0, "log": True}, "above 0 on a log scale"),
        ({"low": 0.5, "high": 2.0, "whole": True}, "must be whole"),
    ],
)
def test_a_range_without_numbers_is_refused(fields, wrong):
    with pytest.raises(ValueError, match=wrong):
        Range(**fields)


def test_drawn_numbers_have_few_digits_and_stay_within_the_ends():
    assert Range(low=1e-4, high=3e-3).settled(0.00123456) == 0.001235
    assert Range(low=1e-4, high=3e-3).settled(0.0030001) == 3e-3
    assert Range(low=1, high=9, whole=True).settled(4) == 4


def test_distinct_settings_are_counted_by_the_forms_that_use_them():
    space = Space({FORM: ["greedy", "softmax"], "softmax": [0.1, 0.3], "width": [32, 64]}, {"width": 32})
    # Two widths by greedy and two temperatures, and the defaults: {} may have another form than all of these.
    assert space.count(20) == 1 + 2 * 3
    found = list(space.all())
    assert found[0] == {} and {FORM: "greedy", "width": 32} in found
    assert {FORM: "softmax", "softmax": 0.3, "width": 64} in found
    assert Space({"width": [32, 64]}, {"width": 32}).count(20) == 2
    assert Space({"depth": Range(low=1, high=3, whole=True)}, {"depth": 2}).count(20) == 3
    assert Space({"rate": Range(low=0.1, high=1.0)}).count(20) is None
    assert Space().count(20) == 1


def test_later_tables_add_to_earlier_ones_and_an_own_file_takes_their_place(tmp_path):
    text = '[[spaces]]\nalgorithms = ["dqn", "cql"]\nsettings.n_steps = [1, 3]\n'
    text += '[[spaces]]\nalgorithms = ["cql"]\nsettings.alpha = { low = 0.1, high = 1.0, log = true }\n'
    path = write(tmp_path / "own.toml", text)
    own = read_spaces(path)
    assert set(own["cql"]) == {"n_steps", "alpha"} and set(own["dqn"]) == {"n_steps"}
    spaces = load_spaces(path)
    assert spaces["cql"] == own["cql"] and "learning_rate" in spaces["bc"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[[spaces]]\nalgorithms = ["dqn"]\nextra = {}', "spaces, first entry: there is no key 'extra'"),
        ('[[spaces]]\nalgorithms = ["dqn"]\nsettings.n_steps = []', "n_steps"),
        ('[[spaces]]\nalgorithms = ["dqn"]\nsettings.n_steps = { low = 3, high = 1 }', "low must be below high"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(tmp_path, text, wrong):
    with pytest.raises(InputError, match=wrong):
        read_spaces(write(tmp_path / "own.toml", text))


def test_what_the_suite_has_set_is_not_tried():
    assert "alpha" not in space_of("cql", load_spaces(), ["alpha"], Q_FORMS).settings
    assert "learning_rate" in space_of("cql", load_spaces(), ["alpha"], Q_FORMS).settings


def test_forms_are_tried_where_they_make_a_difference():
    spaces = load_spaces()
    assert {FORM, *FORM_PARAMETERS} <= set(space_of("cql", spaces, [], Q_FORMS).settings)
    assert not {FORM, *FORM_PARAMETERS} & set(space_of("cql", spaces, [], ()).settings)
    assert space_of("bc", spaces, [], ("stochastic", "greedy", "tilted")).settings[FORM] == [
        "stochastic",
        "greedy",
        "tilted",
    ]


def test_a_setting_that_an_algorithm_lacks_is_refused():
    with pytest.raises(InputError, match="dqn has no setting 'alpha'"):
        space_of("dqn", {"dqn": {"alpha": [0.1]}}, [], ())


@pytest.mark.parametrize("forms", [Q_FORMS, ()])
def test_a_form_that_nobody_knows_is_refused_also_where_none_is_tried(forms):
    with pytest.raises(UnknownNameError, match="greedi"):
        space_of("cql", {"cql": {"form": ["greedi", "softmax"]}}, [], forms)


def test_an_algorithm_without_a_space_has_the_neighbourhood_of_its_defaults():
    space = space_of("popularity", {}, [], ())
    assert space.settings == {"smoothing": Range(low=0.2, high=5.0, log=True)} and space.defaults == {"smoothing": 1.0}
    derived = space_of("cql", {}, [], ()).settings
    assert derived["layer_norm"] == [False, True] and derived["learning_rate"].log
    assert derived["n_critics"] == Range(low=1.0, high=5.0, log=True, whole=True)
    assert space_of("random", {}, [], ()).settings == {}


@pytest.mark.parametrize("algorithm", sorted(load_spaces()))
def test_every_space_of_the_package_can_be_tried(algorithm):
    """Each value of a list, and both ends of each range, is one that the algorithm takes."""
    space = space_of(algorithm, load_spaces(), [], (*Q_FORMS, "stochastic"))
    for name, values in space.settings.items():
        if name in (FORM, *FORM_PARAMETERS):
            continue
        ends = [values.settled(values.low), values.settled(values.high)] if isinstance(values, Range) else values
        for value in ends:
            if algorithm in ALGORITHMS:
                make_config(algorithm, {name: value}, 0.9)
            else:
                policies.registry.settled(algorithm, {name: value})


def test_every_algorithm_and_policy_with_settings_has_something_to_try():
    spaces = load_spaces()
    assert all(space_of(name, spaces, [], ()).settings for name in ALGORITHMS if name != "q-table")
    with_settings = [name for name in policies.POLICIES if policies.parameters(name)]
    assert with_settings and all(space_of(name, spaces, [], ()).settings for name in with_settings)


@pytest.mark.parametrize(
    ("algorithm", "setting", "wrong"),
    [
        ("dqn", {"learning_rate": [0.1, -0.1]}, "learning_rate: .* greater than 0"),
        ("dqn", {"learning_rate": Range(low=-1.0, high=1.0)}, "learning_rate: .* greater than 0"),
        ("vsknn", {"neighbours": Range(low=1.0, high=10.0)}, "neighbours: must be a whole number"),
        ("vsknn", {"weighting": Range(low=1.0, high=10.0)}, "weighting: "),
        ("dqn", {FORM: Range(low=1.0, high=2.0)}, "Forms have names"),
    ],
)
def test_values_that_an_algorithm_cannot_take_are_refused_before_a_trial(algorithm, setting, wrong):
    with pytest.raises(InputError, match=wrong):
        space_of(algorithm, {algorithm: setting}, [], Q_FORMS)
    assert not space_of(algorithm, {algorithm: setting}, list(setting), ()).settings


def test_millions_of_settings_are_not_listed():
    lists = {f"setting-{number}": list(range(100)) for number in range(8)}
    assert Space(lists).count(20) is None
    assert Space({"depth": Range(low=1, high=1e12, whole=True)}).count(20) is None
    assert Space({"depth": Range(low=1, high=20, whole=True)}, {"depth": 2}).count(20) == 20
