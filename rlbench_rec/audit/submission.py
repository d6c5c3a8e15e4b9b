"""A submission: the rows of a run of a suite as one JSON file, with what made them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ..errors import InputError
from ..files import write_text
from ..parsing import read_json, validated
from ..results.data_identity import MANIFEST
from ..results.schema import RUNS
from ..results.write import write_json, write_table
from ..suite.config import AlgorithmSpec, Suite
from ..suite.resume import compared, differences
from .safe_text import LONGEST

if TYPE_CHECKING:
    from .run_folder import RunFolder
    from .verify import Verification

FORMAT = 1
MOST_BYTES = 16 << 20
MOST_ROWS = 100_000
MOST_TRIALS = 20
"""Settings that may have been tried for a row: the budget of the committed searches."""
MADE_WITH = ("schema_version", "complete", "code", "versions", "python", "machine", "device", "plugins")
"""What a submission takes over of the manifest."""
FREE = ("algorithms", "description", "plugins", "job_timeout")
"""Keys of a suite that a submission chooses itself."""
COUNTS = ("seeds", "logs", "replicates")
"""Keys of a suite that a run may add to, and a submission may not."""
Text = Annotated[str, Field(max_length=LONGEST)]
Cell = Text | bool | int | Annotated[float, Field(allow_inf_nan=False)] | None


class Verified(BaseModel):
    """What `rlbench leaderboard add` found before it took the submission. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    """Of the draw: `rlbench verify --seed` draws the same rows."""
    jobs: int
    """Jobs that were done again."""
    rows: int
    """Rows that were compared."""
    same: int
    """Those of them with the same cells."""
    circumstances: list[Text] = []
    """Why the same bytes were not asked for; empty where they were."""


class Submission(BaseModel):
    """A run of a suite that somebody submits. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = Field(default=FORMAT, ge=FORMAT, le=FORMAT)
    """Version of these keys."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    """What the board calls it: names the file, and stands in the variant of its rows."""
    description: Text = ""
    """One sentence about what is new."""
    suite: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")
    """The suite that was run."""
    settings: dict[str, JsonValue]
    """What the suite fixed: sources, seeds, replicates, steps, estimators."""
    algorithms: list[AlgorithmSpec] = Field(min_length=1, max_length=200)
    """Rows of the run, as its suite had them."""
    trials: int | None = Field(default=None, ge=0)
    """Settings that were tried for each of them before, by the submitter's word; None: rows of the suite alone."""
    made_with: dict[str, JsonValue] = Field(max_length=len(MADE_WITH))
    """Code, libraries and machine, as in manifest.json."""
    cpu_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What its jobs took; None where the run does not say."""
    columns: list[Text] = Field(max_length=len(RUNS))
    """Columns of the rows."""
    rows: list[list[Cell]] = Field(min_length=1, max_length=MOST_ROWS)
    """Rows of runs.csv."""
    verified: Verified | None = None
    """Set when it is taken; a file that comes in has none."""

    @property
    def rows_sha256(self) -> str:
        """Hash of the rows, whatever the submission is called."""
        return hashlib.sha256(json.dumps([self.columns, self.rows]).encode()).hexdigest()


def fixed_of(suite: Suite) -> dict[str, Any]:
    """What a suite fixes: all but the algorithms, and where files lie."""
    whole = suite.model_dump(mode="json")
    settings = compared(whole) | {key: whole[key] for key in COUNTS if key in whole}
    return {key: value for key, value in settings.items() if key not in FREE}


def other_settings(submission: Submission, suite: Suite) -> list[str]:
    """In what the suite that a submission ran differs from the one here, in words."""
    there = dict(submission.settings)
    with contextlib.suppress(InputError):
        # What an older version did not write has its default.
        whole = there | {"algorithms": [spec.model_dump(mode="json") for spec in submission.algorithms]}
        there = fixed_of(validated(whole, Suite, submission.name))
    return list(differences(there, fixed_of(suite)))


def submission_of(run: RunFolder, name: str, description: str, trials: int | None) -> Submission:
    """A run as a submission; what it may hold `rules.problems` says.

    Raises:
        InputError: the name or the description is not one, or the run is too large.
    """
    assert isinstance(run.suite, Suite), "the rules let no other kind through"
    rows = [[_cell(row[column]) for column in RUNS] for row in run.rows.to_dict("records")]
    content = {
        "name": name,
        "description": description,
        "suite": run.suite.name,
        "settings": fixed_of(run.suite),
        "algorithms": run.suite.algorithms,
        "trials": trials,
        "made_with": {key: run.manifest[key] for key in MADE_WITH if key in run.manifest},
        "cpu_seconds": _cpu_seconds(run.folder),
        "columns": list(RUNS),
        "rows": rows,
    }
    return validated(content, Submission, "submit", "See docs/submitting.md.")


def write_submission(submission: Submission, path: Path) -> None:
    """One line a row, so that a change of it can be read.

    Raises:
        OutputError: it cannot be written.
        InputError: it is larger than a submission may be.
    """
    plain = submission.model_dump(mode="json")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in plain.pop("rows"))
    head = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False).removesuffix("\n}")
    text = f'{head},\n "rows": [\n{rows}\n]}}\n'
    if len(text.encode()) > MOST_BYTES:
        raise InputError(f"More than {MOST_BYTES >> 20} MiB.", where=str(path), hint="Submit fewer rows of the suite.")
    write_text(path, text)


def read_submission(path: Path) -> Submission:
    """A submission from its file.

    Raises:
        MissingFileError: no such file.
        InputError: it is not one (names the field), or larger than one may be.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(f"More than {MOST_BYTES >> 20} MiB: this is not a submission.", where=str(path))
    found = validated(read_json(path, "submission"), Submission, str(path), "`rlbench submit` writes such files.")
    lengths = {len(row) for row in found.rows}
    if lengths != {len(found.columns)} or len(set(found.columns)) != len(found.columns):
        raise InputError("Its rows do not have one cell a column.", where=str(path))
    return found


def unpack(submission: Submission, suite: Suite, folder: Path) -> None:
    """Write a submission as the folder of a run of the suite, as it is known here, with its algorithms.

    Raises:
        InputError: it lacks columns of runs.csv.
    """
    import pandas as pd

    missing = [name for name in RUNS if name not in submission.columns]
    if missing:
        raise InputError(f"Columns are missing: {', '.join(missing)}.", where=submission.name)
    plugins = submission.made_with.get("plugins")
    run = suite.model_copy(
        update={"algorithms": submission.algorithms, "plugins": list(plugins) if isinstance(plugins, dict) else []}
    )
    write_table(pd.DataFrame(submission.rows, columns=submission.columns, dtype=object), RUNS, folder / "runs.csv")
    write_json(submission.made_with | {"config": run.model_dump(mode="json")}, folder / MANIFEST)


def as_verified(submission: Submission, found: Verification) -> Submission:
    """The submission with what was found of it."""
    rows = [row for job in found.jobs for row in job.rows]
    verified = Verified(
        seed=found.seed,
        jobs=sum(job.verdict != "not checked" for job in found.jobs),
        rows=len(rows),
        same=sum(row.verdict == "same" for row in rows),
        circumstances=[text[:LONGEST] for text in found.circumstances],
    )
    return submission.model_copy(update={"verified": verified})


def _cell(value: Any) -> Any:
    import numpy as np
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _cpu_seconds(folder: Path) -> float | None:
    from ..results.packed import table_at
    from ..results.read import read_table
    from ..results.schema import TIMINGS

    path = folder / "timings.csv"
    if "cpu_seconds" not in TIMINGS or not table_at(path).is_file():
        return None
    return float(read_table(path, TIMINGS, ("run_id",))["cpu_seconds"].sum())
