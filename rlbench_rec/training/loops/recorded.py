"""A training step as one CUDA graph."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...errors import InputError

WARM_UP = 3
"""Steps before one is recorded: Adam makes its state in the first, and libraries choose their kernels."""


class Recorded:
    """A step that is recorded once and replayed from then on.

    The steps before it are steps like others: training does not notice which of them was recorded.

    Args:
        step: takes (b,) row numbers. It must leave what it reads and writes where it is, and never wait for the device.
        batch_size: b.
        device: `cuda:<n>`; on `cpu` nothing is recorded.
    """

    def __init__(self, step: Callable[[torch.Tensor], None], batch_size: int, device: str):
        self.rows = torch.zeros(batch_size, dtype=torch.int64, device=device)
        self.step, self.on_cuda = step, device.startswith("cuda")
        self.calls = 0
        self.recording: torch.cuda.CUDAGraph | None = None

    def __call__(self, rows: torch.Tensor) -> None:
        self.rows.copy_(rows)
        self.calls += 1
        if not self.on_cuda:
            self.step(self.rows)
        elif self.calls <= WARM_UP:
            self._aside()
        else:
            self.recording = self.recording or self._record()
            self.recording.replay()

    def _aside(self) -> None:
        # What is recorded must not have begun on the stream that everything else runs on.
        stream = torch.cuda.Stream(self.rows.device)
        stream.wait_stream(torch.cuda.current_stream(self.rows.device))
        with torch.cuda.stream(stream):
            self.step(self.rows)
        torch.cuda.current_stream(self.rows.device).wait_stream(stream)

    def _record(self) -> torch.cuda.CUDAGraph:
        recording = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.device(self.rows.device), torch.cuda.graph(recording):
                self.step(self.rows)
        except RuntimeError as error:
            why = str(error).splitlines()[0]
            raise InputError(f"The step cannot be recorded ({why}).", where="loop", hint="Use lean.") from error
        return recording
