"""Whether a task, or a log, needs RL."""

from __future__ import annotations

from .columns import Schema

NEEDS_RL: Schema = {
    "dataset": ("text", "as in runs.csv"),
    "task": ("text", "as in runs.csv"),
    "test": ("text", "`replicates`: of a task by true values, over its replicates; `log`: of one log, by estimates"),
    "run_id": ("text", "job that asked the log; empty over replicates"),
    "replicate": ("whole", "as in runs.csv; empty over replicates"),
    "log": ("whole", "as in runs.csv; empty over replicates"),
    "seed": ("whole", "as in runs.csv; empty over replicates"),
    "algorithm": ("text", "the learner that looks ahead; in the test of a log also its checkpoint, or `mean`"),
    "variant": ("text", "its form, which the first replicates chose, or the validation part of the log"),
    "opponent": ("text", "what does not look ahead"),
    "opponent_variant": ("text", "its form, chosen likewise"),
    "estimator": ("text", "`truth`, or `snips`"),
    "n_units": ("whole", "replicates, episodes or users behind the gain"),
    "behaviour": ("number", "value of the behaviour policy, for comparison"),
    "gain": ("number", "value of the learner less that of the opponent, paired"),
    "ci_low": ("number", "lower end of its 90 % interval, which leaves 5 % out on either side"),
    "ci_high": ("number", "upper end"),
    "p": ("number", "one-sided, of the hypothesis that nothing is gained"),
    "p_adjusted": (
        "number",
        "of the learner: the largest p over its opponents; over replicates adjusted over the learners by Holm",
    ),
    "detectable": ("number", "the true gain over this opponent that four in five such samples would show"),
    "verdict": ("text", "of the gain: `trusted`, `weak` or `unreliable`; true values are `trusted`"),
    "closest": ("truth", "whether it is the opponent over which a gain is least shown, which decides"),
    "answer": ("text", "of the learner: `yes` or `not shown`"),
    "reason": ("text", "why it is not shown; empty for `yes`"),
}
NEEDS_RL_KEYS = ("dataset", "task", "test", "run_id", "algorithm", "variant", "opponent", "opponent_variant")
