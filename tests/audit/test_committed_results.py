"""The results that are committed: small, complete, of known code, and readable."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlbench_rec.audit.run_folder import MADE_ANEW, missing_files, read_run_folder
from rlbench_rec.audit.tables import FIRST
from rlbench_rec.results.data_identity import MANIFEST
from rlbench_rec.results.packed import table_at

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"
FOLDERS = sorted(
    path.parent
    for path in RESULTS.glob(f"*/{MANIFEST}")
    if any(table_at(path.parent / name).is_file() for name in ("runs.csv", "estimates.csv", "estimators.csv"))
)
MOST_BYTES = 10_000_000


def test_all_results_take_at_most_ten_megabytes():
    assert sum(path.stat().st_size for path in RESULTS.rglob("*") if path.is_file()) <= MOST_BYTES


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_holds_what_it_takes_to_check_it(folder):
    run = read_run_folder(folder)
    assert run.manifest["complete"] is True and missing_files(run) == []
    assert run.manifest["code"]["commit"] and run.suite.name.startswith(folder.name) and len(run.rows)
    # One older folder was made of code with a change that is not said.
    assert run.manifest["schema_version"] < MADE_ANEW or run.manifest["code"]["dirty"] is False


def test_folders_are_found():
    assert {"commerce", "ope", "quick"} <= {folder.name for folder in FOLDERS}
    assert {"runs.csv"} <= FIRST
