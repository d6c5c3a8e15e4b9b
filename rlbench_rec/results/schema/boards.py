"""Tables over tasks and replicates, and the scale that they are on."""

from __future__ import annotations

from .columns import Schema

NORMALISED: Schema = {
    "task": ("text", "task id"),
    "algorithm": ("text", "as in runs.csv"),
    "variant": ("text", "as in runs.csv"),
    "n_seeds": ("whole", "runs behind the row"),
    "n_replicates": ("whole", "replicates behind the row"),
    "uncertainty": ("text", "what the interval of the true value covers, as in leaderboard.csv"),
    "normalised": ("number", "true value on the scale where the behaviour policy is 0 and the reference policy 100"),
    "ci_low": ("number", "lower end of its interval"),
    "ci_high": ("number", "upper end"),
    "clipped": ("number", "mean over replicates of the true values, each clipped below at -100"),
    "useful": ("text", "as in leaderboard.csv"),
    "estimator": ("text", "an off-policy estimator"),
    "q": ("text", "as in runs.csv"),
    "estimate": ("number", "what it says from the log, on the same scale; empty where a run has none"),
    "estimate_low": ("number", "lower end of its interval, of the log and seeds or of replicates"),
    "estimate_high": ("number", "upper end"),
    "verdict": ("text", "worst verdict of the estimates"),
}
REFERENCES: Schema = {
    "identity": (
        "text",
        "digest of the shop's id, version, seed, variant and whole config: a row serves no other shop",
    ),
    "task": ("text", "task id"),
    "stratum": ("text", "the set of parameters that the shop starts from; empty for the defaults"),
    "variant": ("text", "`train`, `judge`, or empty for default parameters"),
    "task_seed": ("whole", "fixes the shop"),
    "task_config": ("text", "overrides of the task's parameters, as JSON"),
    "contender": (
        "text",
        "`search`: the best of the shop's named policies, its planner and a search over its true traits; `planner`: "
        "the task's far-sighted score; `ppo` or `online-dqn`: trained in the simulator",
    ),
    "form": ("text", "the policy made of it"),
    "value": ("number", "its true value, by rollout on the users that suites judge on"),
    "std_error": ("number", "the standard error of that"),
    "n_episodes": ("whole", "rollouts"),
    "seed": ("whole", "seed of the training; empty for the planner"),
    "config": ("text", "the learner's config, as JSON"),
    "versions": ("text", "of the libraries that trained it"),
    "upper_bound": ("number", "what no policy of the shop exceeds; empty where no bound is known"),
    "bound": ("text", "the method of that bound"),
    "method_version": ("whole", "version of the methods that found and bounded it"),
}
SCALE: Schema = {
    "task": ("text", "as in runs.csv"),
    "replicate": ("whole", "as in runs.csv"),
    "zero": ("number", "true value of the behaviour policy: 0 on the normalised scale"),
    "hundred": ("number", "true value of the reference policy: 100"),
    "contender": ("text", "how the reference policy was found, as in references.csv, or `optimum`: exact"),
    "form": ("text", "the policy made of it"),
    "upper_bound": ("number", "what no policy of the shop exceeds; empty where no bound is known"),
    "bound_method": ("text", "how that was found"),
    "gap": (
        "number",
        "(upper_bound - hundred) / (upper_bound - zero): what the reference may lack of the possible gain",
    ),
}
SCALE_KEYS = ("task", "replicate")
NORMALISED_KEYS = ("task", "algorithm", "variant", "estimator", "q")
