"""The report of a machine with a GPU: what it brings along, and that one failure keeps nothing else from running."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import zipfile

import pytest

from studies import gpu_report as study


def test_everything_but_torch_is_brought_along():
    found = study.needed()
    assert {"d3rlpy", "duckdb", "pandas", "gymnasium", "pytest"} <= set(found)
    assert not {"torch", "triton", "ruff", study.PACKAGE} & set(found)
    assert found["pandas"] == importlib.metadata.version("pandas")


def test_an_extra_is_asked_for():
    assert set(study.needed([(study.PACKAGE, "")])) < set(study.needed([(study.PACKAGE, "train")]))


@pytest.fixture
def wheels(tmp_path):
    """A folder with one wheel, of a module `carried`."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "carried-1.0.dist-info"
    with zipfile.ZipFile(folder / "carried-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carried.py", "WORD = 'carried'\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: carried\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def test_stages_run_one_after_the_other(wheels, tmp_path, monkeypatch, capsys):
    asked = [
        study.Stage("broken", ["-c", "raise SystemExit(3)"]),
        study.Stage("whole", ["-c", "import carried; print(carried.WORD)"]),
    ]
    monkeypatch.setattr(study, "stages", lambda out, device: asked)
    out = tmp_path / "out"
    assert study.run(wheels, out, "cpu", minutes=5) == ["broken"]
    assert (out / "whole.log").read_text() == "carried\n"
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["broken", "whole"]


def test_a_stage_has_its_time(wheels, tmp_path, monkeypatch, capsys):
    slow = study.Stage("slow", ["-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(study, "stages", lambda out, device: [slow])
    assert study.run(wheels, tmp_path / "out", "cpu", minutes=0.01) == ["slow"]
    assert "exit code 124" in capsys.readouterr().out


def test_without_wheels_it_says_what_to_do(tmp_path):
    with pytest.raises(SystemExit, match="gather them"):
        study.run(tmp_path, tmp_path / "out", "cpu", minutes=1)


def test_what_is_run_is_there(tmp_path):
    for stage in study.stages(tmp_path):
        assert stage.command[0] == "-m" and importlib.util.find_spec(stage.command[1]) is not None
