"""Tables with a row for each run, and the leaderboard that is made of them."""

from __future__ import annotations

from .columns import ADDED, Schema

RUNS: Schema = {
    "schema_version": ("whole", "version of these columns: 5"),
    "run_id": ("text", "job: source, algorithm, label, encoder, seed, and a hash of all that distinguishes it"),
    "suite": ("text", "suite name"),
    "dataset": ("text", "card id and variant, and what sets it apart from another of the suite; empty for tasks"),
    "dataset_sha256": ("text", "hash of the raw files, or of a task's configuration"),
    "card_sha256": ("text", "hash of what made decisions of the raw rows: card and `mdp`; empty for tasks"),
    "split_hash": ("text", "hash of the time split"),
    "task": ("text", "task id, and what sets it apart from another of the suite; empty for data sets"),
    "algorithm": ("text", "algorithm or policy id"),
    "variant": ("text", "encoder, label, checkpoint and policy form, slash-separated"),
    "config_hash": ("text", "hash of all that shapes the numbers, the seed and the code apart"),
    "seed": ("whole", "seed of training, folds and bootstrap"),
    "replicate": ("whole", "which replicate of the task: another shop, another log and other training seeds; 0 first"),
    "log": ("whole", "which log of the replicate's shop; 0 where it has one"),
    "policy": ("text", "name of the target policy"),
    "base": (
        "text",
        "how the behaviour policy is known to a policy that stays with it: `logged` (its whole distribution) or "
        "`service` (its choices alone); empty for other policies",
    ),
    "steps_used": ("whole", "training steps of the policy; empty for policies without training"),
    "overestimation": (
        "number",
        "mean Q over mean discounted return on held-out rows of training; empty where there is no Q",
    ),
    "metric": ("text", "what is valued; see `rlbench list metrics`"),
    "higher_is_better": ("truth", "direction of the metric"),
    "estimator": (
        "text",
        "`truth` (rollouts), `on-policy`, `ranking`, an off-policy estimator, or `snips-lift`: the value minus the "
        "behaviour policy's, paired on one log",
    ),
    "q": (
        "text",
        "the q that the estimator was given: `fqe`, `linear` or `reward-model`; empty where it needs none, or where an "
        "older file does not say",
    ),
    "value": ("number", "the estimate; empty where the log does not define one"),
    "ci_low": ("number", "lower end of the interval"),
    "ci_high": ("number", "upper end of the interval"),
    "true_value": ("number", "the true value where known: a task's, or the mean of the other policy's own log"),
    "n_episodes": ("whole", "episodes the value rests on"),
    "ess": ("number", "effective sample size of the weights"),
    "verdict": ("text", "`trusted`, `weak` or `unreliable`"),
    "identification": ("text", "`identified`, `estimated`, `not-identified` or `imitation`"),
    "status": ("text", "`ok`; `diverging`: Q is far above what the log earned; or `failed:` and the reason"),
}
LEADERBOARD: Schema = {
    "rank": ("whole", "place on its board; empty for rows that may not be ranked"),
    "tie_group": (
        "text",
        "`a`: the best row and all that cannot be told from it, by paired tests over replicates, else by "
        "intervals that overlap; `b`: likewise of the rest",
    ),
    "dataset": ("text", "as in runs.csv"),
    "task": ("text", "as in runs.csv"),
    "algorithm": ("text", "as in runs.csv"),
    "variant": ("text", "as in runs.csv"),
    "metric": ("text", "as in runs.csv"),
    "estimator": ("text", "as in runs.csv"),
    "q": ("text", "as in runs.csv"),
    "n_seeds": ("whole", "runs behind the row"),
    "n_replicates": ("whole", "replicates behind the row"),
    "uncertainty": (
        "text",
        "what the interval and p cover beside the error of the value itself, joined by +: sampling of the `log`, "
        "training `seeds`, or all that varies between `replicates`; empty where it is the error of rollouts alone",
    ),
    "mean": ("number", "mean over replicates, else over seeds"),
    "iqm": ("number", "interquartile mean, likewise"),
    "ci_low": ("number", "lower end of the interval of the mean; `uncertainty` says what it covers"),
    "ci_high": ("number", "upper end"),
    "std": ("number", "standard deviation over replicates, else over seeds, unbiased; empty for one"),
    "delta_vs_behaviour": ("number", "mean minus the behaviour policy's value, over the replicates that both have"),
    "p_adjusted": (
        "number",
        "two-sided p of that difference, Holm-adjusted over the policies that the board ranks",
    ),
    "prob_improvement": ("number", "probability of being better than the behaviour policy; ranked rows only"),
    "verdict": ("text", "worst verdict of the runs"),
    "identification": ("text", "as in runs.csv"),
    "base": ("text", "as in runs.csv"),
    "status": ("text", "`diverging` where a run of the row is, else `ok`"),
    "useful": (
        "text",
        "whether the policy beats every row of the floor, each in a paired one-sided test at 5 %: `yes` or `no`; empty "
        "where that is not tested",
    ),
}
TIMINGS: Schema = {
    "run_id": ("text", "as in runs.csv"),
    "seconds": ("number", "wall-clock time of the job"),
    "cpu_seconds": (
        "number",
        "time of all its threads on processors: other work on the machine has no part in it; empty where its worker "
        "was lost",
    ),
    "steps_per_second": ("number", "training speed; empty for policies without training"),
    "peak_memory_mb": ("number", "peak resident memory of the worker process so far"),
}
CURVES: Schema = {
    "run_id": ("text", "as in runs.csv"),
    "step": ("whole", "training step"),
    "loss": ("number", "mean training loss since the row before"),
    "td_error": ("number", "on the held-out training episodes"),
    "mean_q": ("number", "likewise"),
    "mean_return": ("number", "mean of the log's own discounted return from the same rows on"),
    "unexplained": ("number", "likewise: td_error over the variance of its targets; the best checkpoint has the least"),
    "log_loss": ("number", "likewise, of behaviour cloning"),
    "overestimation": ("number", "mean_q over mean_return; see docs/training.md"),
}
FRONTIER: Schema = {
    "run_id": ("text", "as in runs.csv"),
    "dataset": ("text", "as in runs.csv"),
    "task": ("text", "as in runs.csv"),
    "algorithm": ("text", "as in runs.csv; `best` where the choice was among all learners"),
    "variant": ("text", "as in runs.csv; `.../shuffled` and `.../negated` are the controls"),
    "seed": ("whole", "as in runs.csv"),
    "base": ("text", "as in runs.csv"),
    "contender": ("text", "whose Q the step tilts: a learner, or `mean` of the learners' standardised Qs"),
    "dial": ("text", "`tilted`, `constrained` or `mixed`"),
    "parameter": ("number", "temperature of `tilted`, share of `constrained` and `mixed`"),
    "divergence": ("number", "from the behaviour policy, in nats a session"),
    "value": ("number", "the behaviour policy's mean on the validation episodes, and the lift"),
    "lift": ("number", "estimated on the validation episodes"),
    "ci_low": ("number", "lower end of its interval, simultaneous over all steps of the frontier"),
    "ci_high": ("number", "upper end"),
    "verdict": ("text", "`trusted`, `weak` or `unreliable`"),
    "concentration": ("number", "ESS^3 / units^2 of the step's weights"),
    "eligible": ("truth", "whether the step may be chosen"),
    "reasons": ("text", "why it may not"),
    "chosen": ("truth", "whether it is the frontier; where no step is, the frontier is the behaviour policy"),
    "log_needed": (
        "number",
        "times this log until the step may be chosen and its lift shows; empty where no length is enough",
    ),
    "explore_decisions": (
        "number",
        "of the chosen step, or of that with the highest lift, on one-step logs: decisions until the lift shows if a "
        "tenth of them are left to it",
    ),
    "true_lift": ("number", "of the chosen step, where the source is a task"),
}
RANKING: Schema = {
    "run_id": ("text", "as in runs.csv"),
    "dataset": ("text", "as in runs.csv"),
    "algorithm": ("text", "as in runs.csv"),
    "variant": ("text", "as in runs.csv"),
    "seed": ("whole", "as in runs.csv"),
    "metric": ("text", "HR, recall, NDCG, MRR and MAP, of lists coverage, novelty, Gini and ILD; at 1, 5, 10 and 20"),
    "target": (
        "text",
        "what was to be found: the `next` item, or the `rest` of the session; empty for metrics of lists",
    ),
    "steps": ("text", "over which steps: `all`, or a group of them"),
    "vocabulary": ("text", "`all`: what cannot be recommended is a miss; `known`: it is left out"),
    "list": ("text", "`full`; or `unseen`: without the items that the session has had, and the steps that chose one"),
    "value": ("number", "mean over steps"),
    "ci_low": ("number", "lower end of the interval; empty for metrics of lists"),
    "ci_high": ("number", "upper end"),
    "ceiling": ("number", "what the best list reaches, as not all items can be recommended"),
    "n_steps": ("whole", "steps that the value rests on"),
    "n_episodes": ("whole", "their sessions"),
    "verdict": ("text", "`weak` or `unreliable`; empty for metrics of lists"),
    "identification": ("text", "`imitation`; empty for metrics of lists"),
}
TRIALS: Schema = {
    "source": ("text", "what tables of the suite call the source"),
    "algorithm": ("text", "algorithm or policy id"),
    "trial": ("whole", "its number; 0 has the defaults"),
    "settings": ("text", "what was set, as JSON; temperatures in units of the return's standard deviation"),
    "form": ("text", "the policy form, as suites write it; empty where none was chosen"),
    "status": ("text", "`ok`, `pruned` (ended early), `left out:` or `failed:` and the reason"),
    "estimator": ("text", "what the estimate is of: an off-policy estimator, or `NDCG@10` on choice logs"),
    "estimate": ("number", "what a user would have; empty where the log does not define one"),
    "ci_low": ("number", "lower end of its interval"),
    "verdict": ("text", "`trusted`, `weak` or `unreliable`"),
    "truth": ("number", "true value in the shop that was tuned on; empty on a data set"),
    "curve": ("text", "steps, and the best NDCG@10 until then; empty where trials are not ended early"),
}
KEYS = ("dataset", "task", "algorithm", "variant", "metric", "estimator", "q")
"""What tells the rows of a leaderboard apart; a row of runs.csv adds its seed, its replicate and its log."""
RUN_KEYS = (*KEYS, "replicate", "log", "seed")
FRONTIER_KEYS = ("run_id", "variant", "contender", "dial", "parameter")
RANKING_KEYS = ("dataset", "algorithm", "variant", "seed", "metric", "target", "steps", "vocabulary", "list")


def added(schema: Schema) -> dict[str, str]:
    """Columns that files of an older version lack -> what is read in their place."""
    columns = ADDED | ({"status": ""} if schema is LEADERBOARD else {})
    return {name: text for name, text in columns.items() if name in schema}
