"""What to do next: sentences, and commands to paste."""

from __future__ import annotations

from ...results.row_names import DIVERGING
from ...results.schema import STATUSES
from ..content import Block, Paragraph, Points, Section
from ..run_tables import RunTables


def next_steps(run: RunTables) -> Section:
    """From what the logs vouch for, failed and diverging jobs, and rows without a verdict to stand on."""
    sentences = [*_advised(run), *_failed(run), *_unreliable(run), *_incomplete(run)]
    blocks: list[Block] = [Points(sentences)] if sentences else []
    blocks.append(Paragraph("Commands, with the folder of this run in place of RUN:"))
    blocks.append(Points(_commands(run), code=True))
    return Section("next", "What to do next", blocks)


def _advised(run: RunTables) -> list[str]:
    waiting = [advice for advice in run.advised.values() if not (advice.step and advice.lift.shown)]
    return [f"{advice.place}: {advice.sentence}" for advice in waiting]


def _failed(run: RunTables) -> list[str]:
    if run.runs.empty:
        return []
    jobs = run.runs.drop_duplicates("run_id")
    failed = jobs[~jobs["status"].isin(STATUSES)]
    diverging = run.runs.loc[run.runs["status"] == DIVERGING, "algorithm"]
    sentences = [f"{row['run_id']} {row['status']}" for row in failed.head(5).to_dict("records")]
    if len(failed) > 5:
        sentences.append(f"{len(failed) - 5} more jobs failed: `status` of runs.csv says why.")
    if len(diverging):
        names = ", ".join(sorted(set(diverging)))
        sentences.append(f"Q of {names} ran away from what the log earned: train longer, with a smaller gamma, or cql.")
    return sentences


def _unreliable(run: RunTables) -> list[str]:
    count = sum(int((shown.rows["verdict"] == "unreliable").sum()) for shown in run.headlines)
    if not count:
        return []
    return [
        f"{count} rows of the board are unreliable: their policies do what the log hardly shows. Forms that stay with "
        "the log (tilted, mixed, constrained, frontier) can be judged by it."
    ]


def _incomplete(run: RunTables) -> list[str]:
    if run.manifest.get("complete", True):
        return []
    return ["The run is not complete: --resume does what is left."]


def _commands(run: RunTables) -> list[str]:
    folder = "RUN"
    commands = [f"rlbench frontier {folder} --plot frontier.svg"] * bool(run.advised)
    for advice in run.advised.values():
        if advice.step and advice.lift.shown and advice.algorithm != "best":
            commands.append(f"rlbench export {folder}/models/{advice.run_id} --form frontier")
    commands.append(f"rlbench verify {folder}")
    commands.append(f"rlbench compare OTHER {folder}")
    return commands
