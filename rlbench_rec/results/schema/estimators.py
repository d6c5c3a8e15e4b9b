"""Tables that score estimators."""

from __future__ import annotations

from .columns import Schema

ESTIMATES: Schema = {
    "task": ("text", "task id"),
    "policy": ("text", "name of the target policy"),
    "policies": ("text", "`matched`: it looks at what the behaviour policy looks at; or `mismatched`"),
    "estimator": ("text", "an off-policy estimator, with its parameters"),
    "q": ("text", "as in runs.csv"),
    "n_episodes": ("whole", "size of the log"),
    "log_seed": ("whole", "seed of the log"),
    "value": ("number", "the estimate; empty where the log does not define one"),
    "ci_low": ("number", "lower end of the 95 % interval"),
    "ci_high": ("number", "upper end"),
    "true_value": ("number", "the policy's value by rollout, or exactly"),
    "true_error": ("number", "its standard error"),
    "behaviour_value": ("number", "the behaviour policy's true value, the unit of estimators.csv"),
    "ess": ("number", "effective sample size of the weights"),
    "verdict": ("text", "`trusted`, `weak` or `unreliable`"),
    "status": ("text", "`ok`, or `failed:` and the reason"),
}
ESTIMATORS: Schema = {
    "task": ("text", "task id"),
    "estimator": ("text", "an off-policy estimator, with its parameters"),
    "q": ("text", "as in runs.csv"),
    "n_episodes": ("whole", "size of the log"),
    "policies": ("text", "`all`, `matched` or `mismatched`"),
    "n_logs": ("whole", "logs behind the row"),
    "defined": ("number", "share of the estimates that are defined"),
    "rmse": ("number", "root mean squared error, as a share of the behaviour policy's value"),
    "bias": ("number", "mean error, likewise"),
    "std": ("number", "standard deviation over logs around each policy's mean, likewise; empty for one log"),
    "coverage95": ("number", "share of the 95 % intervals that hold the truth"),
    "interval_width": ("number", "mean width, as a share of the behaviour policy's value"),
    "rank_correlation": ("number", "Spearman's, of the policies by estimate and by truth; mean over logs"),
    "regret_at_1": ("number", "best true value minus that of the policy chosen, likewise; mean over logs"),
    "trusted": ("number", "share of the estimates with the verdict `trusted`"),
    "coverage95_trusted": ("number", "coverage95 among these"),
}
ESTIMATOR_KEYS = ("task", "estimator", "q", "n_episodes", "policies")
