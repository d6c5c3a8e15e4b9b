"""Registries: names from this package, from `register` and from the entry points of others."""

from __future__ import annotations

import importlib
import sys
from importlib import metadata

import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.plugins import KINDS, registry
from rlbench_rec.registry import Registry


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes an installed package with these entry points in a group."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, group: str, entries: str, code: str = "") -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\n{entries}\n")
        (tmp_path / f"{name}.py").write_text(code)
        importlib.invalidate_caches()

    yield make
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def fruits(**options) -> Registry:
    return Registry("fruit", {"apple": object()}, {"pomme": "apple"}, group="rlbench_rec.fruits", **options)


def test_a_package_adds_a_name_once_it_is_asked_for(package):
    package("orchard", "rlbench_rec.fruits", "pear = orchard:PEAR", "PEAR = 'a pear'")
    known = fruits()
    assert known["apple"] and "orchard" not in sys.modules
    assert "pear" in known and known.names() == list(known) == ["apple", "pear"] and "orchard" not in sys.modules
    assert known["pear"] == "a pear" and known.modules == {"pear": "orchard"}
    with pytest.raises(UnknownNameError, match="Did you mean 'pear'"):
        known["pearr"]
    with pytest.raises(UnknownNameError, match="Did you mean 'pear'"):
        known["PEAR"]


def test_an_unknown_name_may_be_that_of_a_plugin():
    with pytest.raises(UnknownNameError, match="name its module with --plugin"):
        fruits()["quince"]
    for known, name in ((fruits(), "aple"), (Registry("fruit", {"apple": object()}), "quince")):
        with pytest.raises(UnknownNameError) as refused:
            known.canonical(name)
        assert "--plugin" not in str(refused.value)


def test_packages_are_not_asked_for_names_that_are_here(monkeypatch):
    def asked(**options):
        raise AssertionError("the packages were asked")

    monkeypatch.setattr(metadata, "entry_points", asked)
    known = fruits()
    assert known["pomme"] is known["apple"] and "apple" in known
    closed = Registry("fruit", {"apple": 1})
    assert closed.names() == ["apple"] and "pear" not in closed
    with pytest.raises(AssertionError):
        known.names()


@pytest.mark.parametrize("code", ["", "import nothing_of_this_name", "1 / 0"])
def test_a_thing_that_cannot_be_imported_names_its_package(package, code):
    package("orchard", "rlbench_rec.fruits", "pear = orchard:PEAR", code)
    with pytest.raises(InputError, match="package orchard: Its fruit 'pear' cannot be imported"):
        fruits()["pear"]


@pytest.mark.parametrize("taken", ["apple", "pomme", "plum"])
def test_a_name_is_given_once(package, taken):
    package("orchard", "rlbench_rec.fruits", "plum = orchard:PLUM")
    package("theirs", "rlbench_rec.fruits", f"{taken} = theirs:ONE")
    for _ in range(2):
        with pytest.raises(InputError, match=f"package (theirs|orchard): The fruit '{taken}' is registered already"):
            fruits().names()
    with pytest.raises(InputError, match="'apple' is registered already"):
        fruits().register("apple", object())
    with pytest.raises(InputError, match="'pomme' is registered already"):
        fruits().register("pomme", object())


def test_a_thing_is_registered_under_its_own_name():
    known = fruits(named_by="id")
    plum = type("Plum", (), {"id": "plum"})
    with pytest.raises(InputError, match="'pear' calls itself 'plum'"):
        known.register("pear", plum)
    with pytest.raises(InputError, match="The fruit 'pear' has no id; it is of type function"):
        known.register("pear", lambda log: 1.0)
    known.register("plum", plum)
    assert known["plum"] is plum and known.modules == {"plum": __name__}


@pytest.mark.parametrize("place", ["pear", "orchard:", ":PEAR", "orchard:PEAR:PEAR", "an orchard:PEAR", ""])
def test_a_text_is_the_place_of_a_thing(place):
    known = fruits()
    with pytest.raises(InputError, match="Give the thing itself"):
        known.register("pear", place)
    assert "pear" not in known


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_takes_names_from_outside(kind, package, tmp_path, monkeypatch):
    known = registry(kind)
    monkeypatch.setattr(known, "_targets", dict(known._targets))
    monkeypatch.setattr(known, "modules", {})
    monkeypatch.setattr(known, "_has_read_entry_points", False)
    assert known.group == f"rlbench_rec.{kind}"
    package("theirs", known.group, "from-a-package = theirs:THING", "THING = 1")
    names = set(known.names())
    assert "from-a-package" in names
    thing = type("Thing", (), {known.named_by or "id": "of-my-own"}) if kind != "datasets" else tmp_path / "card.toml"
    rb.register(kind, "of-my-own", thing)
    assert known["of-my-own"] == thing and set(known.names()) == names | {"of-my-own"}
    assert known.modules == {"from-a-package": "theirs", "of-my-own": __name__}
    with pytest.raises(InputError, match="registered already"):
        rb.register(kind, "of-my-own", thing)
    with pytest.raises(InputError, match="registered already"):
        rb.register(kind, sorted(names - {"from-a-package"})[0], thing)


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'policies'"):
        rb.register("policy", "mine", object())


def test_a_family_is_a_function_of_the_rest_of_the_name(monkeypatch):
    made = fruits(families={"tin:": "tests_of_tins:opened"})
    module = type(sys)("tests_of_tins")
    module.opened = lambda what, hungry: (what, hungry)
    monkeypatch.setitem(sys.modules, "tests_of_tins", module)
    assert "tin:peach:2" in made and made["tin:peach:2"](True) == ("peach:2", True)
    assert made.canonical("tin:peach") == "tin:peach" and made.names() == ["apple"]
    assert "tin:" not in made and "pea:" not in made and 3 not in made
    with pytest.raises(UnknownNameError, match="Unknown fruit 'tin:'"):
        made["tin:"]
