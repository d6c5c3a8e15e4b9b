"""`results/history.csv`: one line for every board that was committed.

    python -m studies.history [--past]

Adds a line for every folder of `results/` whose board has none yet; run it before a new board is committed. `--past`
also takes the boards that earlier commits had, as far as today's code reads them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from rlbench_rec.errors import RlbenchError
from rlbench_rec.results.history import FILES, board_file, board_folders, history_line, load_history
from rlbench_rec.results.schema import HISTORY, HISTORY_KEYS
from rlbench_rec.results.write import write_table

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "results" / "history.csv"


def git(*arguments: str) -> str:
    """What git says, in the checkout."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def dated(line: dict[str, Any]) -> dict[str, Any]:
    """The line with the date of its commit; empty where the checkout does not have it."""
    try:
        return line | {"date": git("show", "-s", "--format=%cs", line["commit"]).strip() if line["commit"] else ""}
    except subprocess.CalledProcessError:
        return line | {"date": ""}


def past_lines() -> list[dict[str, Any]]:
    """Of all commits that changed a board, the oldest first."""
    lines = []
    paths = [f"results/{folder.name}/{name}" for folder in board_folders(FILE.parent) for name in FILES]
    for commit in git("log", "--reverse", "--format=%H", "--", *paths).split():
        for path in git(
            "diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "--diff-filter=AM", commit
        ).split():
            if path in paths:
                lines += _line_at(commit, Path(path))
    return lines


def _line_at(commit: str, path: Path) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            for file in (path.name, "manifest.json"):
                (folder / file).write_text(git("show", f"{commit}:{(path.parent / file).as_posix()}"), newline="")
            return [dated(history_line(folder, path.parent.name))] if board_file(folder) else []
        except (subprocess.CalledProcessError, RlbenchError):
            return []


def main() -> None:
    """Add the lines that are missing."""
    old = load_history(FILE) if FILE.exists() else pd.DataFrame(columns=list(HISTORY))
    new = past_lines() if "--past" in sys.argv[1:] else []
    new += [dated(history_line(folder, folder.name)) for folder in board_folders(FILE.parent)]
    table = pd.concat([old, pd.DataFrame(new, columns=list(HISTORY))], ignore_index=True)
    table = table.drop_duplicates(list(HISTORY_KEYS))
    whole = {name: "Int64" for name, (kind, _) in HISTORY.items() if kind == "whole"}
    write_table(table.astype(whole), HISTORY, FILE)
    print(f"{len(table)} boards in {FILE}")


if __name__ == "__main__":
    try:
        main()
    except RlbenchError as error:
        sys.exit(str(error))
