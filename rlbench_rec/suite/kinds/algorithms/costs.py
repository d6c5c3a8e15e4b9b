"""What jobs of a suite of algorithms took where they were measured: for the plan of a run that has not done any yet.

In processor seconds of one core of an AMD EPYC, loop `lean`, batches of 256, encoder `mlp`, November 2026: trainings of
200 and of 1,200 steps on the logs of `pricing-v1` and `recommend-v1` (10,000 sessions), and jobs of `commerce`: `bc`,
`dqn` and `myopic` in `pricing-v1` (13, 19, 14), `dqn` in `recommend-v1` (25), `myopic` in `inventory-v1` (15). Another
loop, encoder, task or machine takes longer or less: the plan says what it rests on, and jobs that are done take the
place of this at once.
"""

from __future__ import annotations

PER_1000_STEPS = {"bc": 1.1, "cql": 1.7, "dqn": 1.2, "iql": 2.5, "mode": 0.9, "myopic": 0.8}
"""Seconds of a training, by algorithm."""
OTHER_PER_1000_STEPS = 1.4
"""Of an algorithm that was not measured: the mean of those that were."""
SCORED = 7.0
"""Seconds of all but the training of an algorithm, whose policies are five to seven: the mean of these five."""
NOT_TRAINED = 1.2
"""Seconds of a row without a training: the mean of `behaviour`, `constant` and `reference`."""
BYTES_A_TRAINING, BYTES_A_ROW = 45_000, 1_700
"""Of its two checkpoints; of a row in the file of the job's result."""
ROWS = 25
"""Of a trained job."""


def seconds_of(algorithm: str, steps: int, trainings: int) -> float:
    """Of a trained job.

    Args:
        algorithm: its id.
        steps: of each training.
        trainings: how many it takes: two where a frontier is held against that of shuffled rewards.
    """
    return SCORED + trainings * steps / 1_000 * PER_1000_STEPS.get(algorithm, OTHER_PER_1000_STEPS)


def bytes_of(trainings: int) -> float:
    """What a job leaves on disk."""
    return float(trainings * BYTES_A_TRAINING + (ROWS if trainings else 4) * BYTES_A_ROW)
