"""What every registered estimator must do: `check_estimator("snips")`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .. import ope
from ..errors import InputError
from ..ope import Estimator, EvaluationLog
from ..ope.estimators.functionals import column_means, total
from .contract import Check, require

WITHOUT: dict[str, Callable[[EvaluationLog], EvaluationLog]] = {
    "q_logged": lambda log: replace(log, q_logged=None, v_target=None),
    "state_ratios": lambda log: replace(log, state_ratios=None),
    "category_propensities": lambda log: replace(log, category_propensities=None, target_category_propensities=None),
}
"""What an estimator may need -> the log without it."""
PARAMETERS = {"strength": 0.5}
"""What a parameter without a default is set to; 2 where it is not named here."""
PRECISION = 1e-9


def check_estimator(name: str | Estimator, **parameters: float) -> None:
    """Assert the contract on small logs, whose answers are known.

    The value is finite, the same each time and in every order of episodes; it follows the unit of the reward, and a
    constant added to it where the estimator says so (`shift_equivariant`). Where the target policy is the behaviour
    policy it is the mean return; unless `biased`, it is the truth on a log that holds every history as often as it
    should. What it needs and does not find it refuses, and what it does not ask for it does not read.

    Args:
        name: id in `ESTIMATORS`, or an estimator.
        parameters: of the estimator; those without a default are set to 2 (`strength`: 0.5).

    Raises:
        AssertionError: what does not hold.
    """
    require(estimator_checks(name, **parameters))


def estimator_checks(name: str | Estimator, **parameters: float) -> list[Check]:
    """The checks of `check_estimator`, one by one."""
    estimator = settled(name, **parameters)
    logs = [_log(1)] if estimator.one_step_only else [_log(1), _log(3)]

    def everywhere(check: Callable[[Estimator, EvaluationLog], None]) -> Callable[[], None]:
        def run() -> None:
            for log in logs:
                check(estimator, log)

        return run

    checks = [
        Check("says what it computes", lambda: _check_documented(estimator)),
        Check("is finite", everywhere(_check_finite)),
        Check("is the same each time", everywhere(_check_repeatable)),
        Check("needs what it says", everywhere(_check_needs)),
        Check("does not depend on the order of episodes", everywhere(_check_order)),
        Check("follows the unit of the reward", everywhere(_check_scale)),
        Check("is the mean return where both policies are one", everywhere(_check_on_policy)),
    ]
    if estimator.shift_equivariant:
        checks.append(Check("follows a constant added to the reward", everywhere(_check_shift)))
    if not estimator.biased and "unweighted" not in estimator.kinds:
        checks.append(Check("is the truth on a whole population", lambda: _check_population(estimator)))
    if estimator.by_blocks:
        checks.append(Check("is the same in blocks of rows", lambda: _check_blocks(estimator)))
    return [*checks, Check("has an interval around its value", everywhere(_check_interval))]


def settled(name: str | Estimator, **parameters: float) -> Estimator:
    """The estimator with a value for each of its parameters."""
    row = name if isinstance(name, Estimator) else ope.ESTIMATORS[name]
    missing = {key: PARAMETERS.get(key, 2.0) for key in row.required if key not in row.parameters}
    return ope.estimator(row, **(missing | parameters))


# --- logs ------------------------------------------------------------------------------------------------------------
def _log(steps: int, episodes: int = 60) -> EvaluationLog:
    """Episodes of one length, logged by a policy that varies, with all that an estimator could ask for."""
    rng = np.random.default_rng(steps)
    n = episodes * steps
    propensities = rng.uniform(0.2, 0.6, n)
    category = rng.uniform(0.5, 0.9, n)
    return EvaluationLog(
        rewards=rng.normal(2.0, 1.0, n),
        propensities=propensities,
        target_propensities=propensities * rng.choice([0.5, 1.0, 1.5], n),
        q_logged=rng.normal(2.0 * steps, 0.5, n),
        v_target=rng.normal(2.0 * steps, 0.5, n),
        episode_starts=None if steps == 1 else np.arange(0, n, steps),
        gamma=0.9,
        state_ratios=rng.uniform(0.5, 1.5, n),
        category_propensities=category,
        target_category_propensities=category * rng.choice([0.9, 1.0, 1.1], n),
    )


def _population(steps: int) -> EvaluationLog:
    """Every history as often as it should be: each step one of two actions, drawn by itself, for a reward of its own.

    The behaviour policy takes action 1 with chance 1/4, the target policy with 3/4; q is wrong, as every model is.
    """
    histories = np.array(np.meshgrid(*[[0, 1]] * steps, indexing="ij")).reshape(steps, -1).T
    counts = np.prod(np.where(histories == 1, 1, 3), axis=1)
    actions = np.repeat(histories, counts, axis=0).ravel()
    rows = len(actions)
    q = np.array([0.5, 2.0])
    return EvaluationLog(
        rewards=np.where(actions == 1, 5.0, 1.0),
        propensities=np.where(actions == 1, 0.25, 0.75),
        target_propensities=np.where(actions == 1, 0.75, 0.25),
        q_logged=q[actions],
        v_target=np.full(rows, 0.25 * q[0] + 0.75 * q[1]),
        episode_starts=None if steps == 1 else np.arange(0, rows, steps),
        gamma=0.5,
        state_ratios=np.ones(rows),
        category_propensities=np.where(actions == 1, 0.25, 0.75),
        target_category_propensities=np.where(actions == 1, 0.75, 0.25),
    )


def _truth(log: EvaluationLog) -> float:
    """Of a population: each step is worth 0.25 x 1 + 0.75 x 5 to the target policy."""
    return 4.0 * float((log.gamma ** np.arange(log.horizon)).sum())


def _value(estimator: Estimator, log: EvaluationLog) -> float:
    return ope.estimate(log, estimator, interval="none").value


def _take_episodes(log: EvaluationLog, order: Sequence[int] | np.ndarray) -> EvaluationLog:
    rows = np.concatenate([np.arange(log.starts[i], log.starts[i] + log.lengths[i]) for i in order])

    def taken(column: np.ndarray | None) -> np.ndarray | None:
        return None if column is None else column[rows]

    return replace(
        log,
        rewards=log.rewards[rows],
        propensities=log.propensities[rows],
        target_propensities=log.target_propensities[rows],
        q_logged=taken(log.q_logged),
        v_target=taken(log.v_target),
        state_ratios=taken(log.state_ratios),
        category_propensities=taken(log.category_propensities),
        target_category_propensities=taken(log.target_category_propensities),
    )


def _moved(log: EvaluationLog, factor: float, constant: float) -> EvaluationLog:
    """Another unit, and a constant on every reward; q and v are what is left to earn, so they move with both."""
    assert log.q_logged is not None and log.v_target is not None, "the contract's logs have them"
    powers = float(log.gamma) ** np.arange(log.horizon)
    ahead = constant * np.cumsum(powers)[log.horizon - 1 - log.steps]
    return replace(
        log,
        rewards=factor * log.rewards + constant,
        q_logged=factor * log.q_logged + ahead,
        v_target=factor * log.v_target + ahead,
    )


# --- checks ----------------------------------------------------------------------------------------------------------
def _check_documented(estimator: Estimator) -> None:
    text = estimator.__doc__
    assert text.strip(), "has no docstring; give `compute` one, with the formula: `rlbench list estimators` shows it."


def _check_needs(estimator: Estimator, log: EvaluationLog) -> None:
    full = _value(estimator, log)
    for column, without in WITHOUT.items():
        needed = column in (estimator.needs, "q_logged" if estimator.needs_q else None)
        says = "needs_q=True" if column == "q_logged" else f"needs='{column}'"
        try:
            value = _value(estimator, without(log))
        except InputError:
            assert needed, f"refuses a log without {column}; say so: {says}."
            continue
        except Exception as error:
            what = f"fails without {column} ({type(error).__name__}: {error})"
            raise AssertionError(f"{what}; say that it needs it: {says}.") from error
        assert not needed, f"says that it needs {column}, and takes a log without it."
        assert value == full, f"reads {column} without saying so; set {says}."


def _check_finite(estimator: Estimator, log: EvaluationLog) -> None:
    value = _value(estimator, log)
    assert np.isfinite(value), f"the value is {value} on a log of {log.n_episodes} episodes."


def _check_repeatable(estimator: Estimator, log: EvaluationLog) -> None:
    first, again = _value(estimator, log), _value(estimator, _take_episodes(log, np.arange(log.n_episodes)))
    assert first == again, f"gives {first!r}, then {again!r}; fix the seed of what it draws."


def _check_order(estimator: Estimator, log: EvaluationLog) -> None:
    shuffled = _take_episodes(log, np.random.default_rng(0).permutation(log.n_episodes))
    _assert_close(_value(estimator, shuffled), _value(estimator, log), "with its episodes in another order")


def _check_scale(estimator: Estimator, log: EvaluationLog) -> None:
    for factor in (1e-3, 100.0):
        value = _value(estimator, _moved(log, factor, 0.0))
        _assert_close(value, factor * _value(estimator, log), f"with rewards times {factor:g}")


def _check_shift(estimator: Estimator, log: EvaluationLog) -> None:
    constant = 10.0
    added = constant * float((log.gamma ** np.arange(log.horizon)).sum())
    value = _value(estimator, _moved(log, 1.0, constant))
    _assert_close(value, _value(estimator, log) + added, f"with {constant:g} added to every reward")


def _check_on_policy(estimator: Estimator, log: EvaluationLog) -> None:
    """q and v are what the episode did earn, so that no model adds an error of its own."""
    to_go = log.rewards.copy()
    for step in range(log.horizon - 2, -1, -1):
        here = np.flatnonzero(log.steps == step)
        to_go[here] += log.gamma * to_go[here + 1]
    same = replace(
        log,
        target_propensities=log.propensities,
        q_logged=to_go,
        v_target=to_go,
        state_ratios=np.ones(log.n_rows),
        target_category_propensities=log.category_propensities,
    )
    mean = float(log.per_episode(log.discounts * log.rewards).mean())
    _assert_close(_value(estimator, same), mean, "where every weight is 1")


def _check_population(estimator: Estimator) -> None:
    for steps in (1,) if estimator.one_step_only else (1, 2):
        log = _population(steps)
        _assert_close(_value(estimator, log), _truth(log), f"on a whole population, {steps} decisions per episode")


def _check_blocks(estimator: Estimator) -> None:
    log = _log(1, episodes=40_000)
    parts = estimator.parts(log)
    whole = float(total(parts, column_means(parts, log)))
    hint = "set by_blocks=False where a row's part needs other rows"
    _assert_close(_value(estimator, log), whole, f"in blocks of rows ({hint})")


def _check_interval(estimator: Estimator, log: EvaluationLog) -> None:
    for interval in ("normal", "bootstrap"):
        result = ope.estimate(log, estimator, interval=interval, n_resamples=200)
        limits = f"[{result.ci_low:.6g}, {result.ci_high:.6g}]"
        assert result.ci_low <= result.value <= result.ci_high, f"{interval}: {result.value:.6g} is outside {limits}."
        assert np.isfinite(result.std_error) and result.std_error > 0, f"the standard error is {result.std_error}."


def _assert_close(value: float, expected: float, where: str) -> None:
    scale = max(abs(value), abs(expected))
    assert abs(value - expected) <= PRECISION * scale, f"gives {value:.9g} and not {expected:.9g} {where}."
