"""Files and folders appear whole or not at all."""

from __future__ import annotations

import pytest

from rlbench_rec import files
from rlbench_rec.errors import OutputError


def test_a_new_folder_takes_its_name_when_all_is_written(tmp_path):
    target = tmp_path / "deep" / "target"
    with files.new_folder(target) as partial:
        (partial / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "a"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_new_folder_leaves_nothing_where_writing_fails(tmp_path):
    with pytest.raises(KeyError), files.new_folder(tmp_path / "target") as partial:
        (partial / "a.txt").write_text("a")
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(OutputError, match="something here already"), files.new_folder(tmp_path / "target"):
        pass


@pytest.mark.parametrize("make", [files.new_folder, files.temporary_folder])
def test_a_place_that_cannot_be_written_is_named(tmp_path, make):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write here") as error, make(tmp_path / "file" / "target"):
        pass
    assert str(tmp_path / "file" / "target") in str(error.value)


def test_a_table_has_its_columns_in_order(tmp_path):
    files.write_csv(tmp_path / "a.csv", [{"b": 1.5, "a": "x, y"}, {"a": None, "b": True}], ["a", "b"])
    assert (tmp_path / "a.csv").read_text() == 'a,b\n"x, y",1.5\n,True\n'
