"""Tables that sum up a board over tasks and replicates."""

from __future__ import annotations

from .columns import Schema

SUMMARY: Schema = {
    "algorithm": ("text", "as in runs.csv"),
    "variant": (
        "text",
        "as in runs.csv, without its form's parameter; `chosen` is the form set for the algorithm task by task",
    ),
    "useful_in": ("whole", "tasks in which the policy beats the whole floor; empty where that is not tested"),
    "n_tasks": ("whole", "tasks in which the policy has a score"),
    "n_replicates": ("whole", "least number of replicates of a task (of seeds, where there is one replicate)"),
    "missing": ("whole", "scores that the policy lacks, of all tasks and replicates of the board"),
    "uncertainty": ("text", "what the limits cover: `replicates`, or `seeds` where there is one replicate"),
    "iqm": ("number", "interquartile mean of the normalised scores over tasks and replicates"),
    "iqm_low": ("number", "lower limit, by stratified bootstrap; empty where a task has one replicate"),
    "iqm_high": ("number", "upper limit"),
    "median": ("number", "median over tasks of the mean over replicates"),
    "median_low": ("number", "lower limit"),
    "median_high": ("number", "upper limit"),
    "clipped_mean": ("number", "mean over tasks of the scores, each clipped below at -100"),
    "clipped_mean_low": ("number", "lower limit"),
    "clipped_mean_high": ("number", "upper limit"),
    "prob_improvement": ("number", "probability of being better than the behaviour policy in a replicate of a task"),
    "prob_improvement_low": ("number", "lower limit"),
    "prob_improvement_high": ("number", "upper limit"),
    "detectable": ("number", "interquartile mean that would be told from 0 with 80 % power, one-sided at 5 %"),
}
USEFUL: Schema = {
    "task": ("text", "task id"),
    "algorithm": ("text", "as in runs.csv"),
    "variant": ("text", "as in runs.csv"),
    "metric": ("text", "`normalised`, or `reward` where the suite does not normalise"),
    "opponent": ("text", "algorithm of a row of the floor"),
    "opponent_variant": ("text", "its variant"),
    "n_replicates": ("whole", "replicates that both have"),
    "difference": ("number", "mean over them of the policy's true value minus the opponent's"),
    "ci_low": ("number", "lower end of its 90 % interval: above 0 where the policy beats the opponent"),
    "ci_high": ("number", "upper end"),
    "p": ("number", "one-sided p of the hypothesis that the policy is no better; empty for one replicate"),
    "detectable": ("number", "difference that would have been seen with 80 % power"),
    "beats": ("truth", "whether p is below 5 %, and the policy has a value in every replicate"),
}
PAIRWISE: Schema = {
    "algorithm": ("text", "as in summary.csv"),
    "variant": ("text", "as in summary.csv"),
    "other": ("text", "algorithm of the policy that it is compared with"),
    "other_variant": ("text", "its variant"),
    "n_tasks": ("whole", "tasks in which both have a score"),
    "probability": (
        "number",
        "probability of a higher score than the other's in a replicate of a task; a tie is half",
    ),
    "ci_low": ("number", "lower limit, by stratified bootstrap"),
    "ci_high": ("number", "upper limit"),
    "iqm_difference": ("number", "difference of the interquartile means, over what both have"),
    "iqm_low": ("number", "lower limit"),
    "iqm_high": ("number", "upper limit"),
    "critical_difference": (
        "number",
        "beyond it the difference of the interquartile means is told from chance at 5 %, for all pairs of the board at "
        "once",
    ),
    "detectable": ("number", "difference that would be seen with 80 % power in a two-sided test of this pair alone"),
}
PROFILES: Schema = {
    "algorithm": ("text", "as in summary.csv"),
    "variant": ("text", "as in summary.csv"),
    "tau": ("number", "a normalised score"),
    "share": ("number", "share of tasks and replicates with a score above tau, every task counting alike"),
    "ci_low": ("number", "lower limit, for one tau, by stratified bootstrap"),
    "ci_high": ("number", "upper limit"),
}
VARIANCE: Schema = {
    "task": ("text", "task id"),
    "algorithm": ("text", "as in runs.csv"),
    "variant": ("text", "as in runs.csv"),
    "metric": ("text", "as in runs.csv"),
    "estimator": ("text", "as in runs.csv"),
    "q": ("text", "as in runs.csv"),
    "component": ("text", "`shop`, `log` (within a shop) or `seed` (within a log)"),
    "n": ("whole", "shops, logs a shop, or seeds a log"),
    "degrees": ("whole", "of freedom behind the mean square"),
    "mean_square": ("number", "between the means of the component, within the one before it"),
    "variance": ("number", "the component, by the method of moments; negative where chance made it so"),
    "share": ("number", "of the sum of the three"),
}
USEFUL_KEYS = ("task", "algorithm", "variant", "opponent", "opponent_variant")
SUMMARY_KEYS = ("algorithm", "variant")
PAIRWISE_KEYS = ("algorithm", "variant", "other", "other_variant")
PROFILE_KEYS = ("algorithm", "variant", "tau")
VARIANCE_KEYS = ("task", "algorithm", "variant", "metric", "estimator", "q", "component")
