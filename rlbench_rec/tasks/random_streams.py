"""A random stream for each task: what two tasks draw under the same seed is independent."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(task_id: str, *numbers: int) -> tuple[int, ...]:
    """A seed for numpy's generators made of a task's id and numbers, the same on every machine.

    The id enters as the first 128 bits of its SHA-256: four words of 32 bits, however long it is.

    Args:
        task_id: `Task.id`.
        numbers: what sets the stream apart from the task's others, such as a seed and a batch; not negative.
    """
    words = np.frombuffer(hashlib.sha256(task_id.encode()).digest()[:16], dtype="<u4")
    return (*(int(word) for word in words), *numbers)
