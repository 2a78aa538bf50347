"""Host phases: the time that the device waits for the host between two steps."""

import statistics
import time
from collections.abc import Iterator
from collections.abc import Sequence as Many

import torch
from torch import Tensor

from benchmarks.gpu.bench import Bench, Figure, TooLargeError, decode_seconds, tokens_for
from llm.engine.engine import Engine, Sample, Waiting
from llm.engine.model.runner import ModelRunner
from llm.engine.model.sampler import start_sampling
from llm.engine.scheduling.plan import Limits, Plan
from llm.engine.tensors.batch import Batch

_GAP_BATCH = 16
_LOGITS = 512  # a vocabulary so small that sampling takes no time
_MOST_TOKENS = 2**20
_PAGE = 32


class _Gap:
    """Wraps a runner and records how long the device is idle before each step.

    That is from the moment a batch's samples are there until the next batch is queued.
    """

    def __init__(self, engine: Engine) -> None:
        self._runner = engine._runner
        self._since: float | None = None
        self.seconds: list[float] = []
        engine._runner = self

    def start(self, plan: Plan) -> Waiting:
        """Start through the runner, and end the gap."""
        wait = self._runner.start(plan)
        if self._since is not None:
            self.seconds.append(time.perf_counter() - self._since)

        def watched() -> Many[Sample]:
            samples = wait()
            self._since = time.perf_counter()
            return samples

        return watched

    def median(self, steps: int) -> float:
        """Return the median of the last gaps, in seconds."""
        return statistics.median(self.seconds[-steps:])


def host(bench: Bench) -> Iterator[Figure]:
    """The host's gap between steps over the step."""
    context = bench.extent.context
    for shape in bench.shapes:
        for batch in bench.extent.batches:
            floor, aim = (0.10, 0.05) if batch >= _GAP_BATCH else (None, None)
            what = f"{shape} batch {batch}: gap over step"
            try:
                with bench.engine(shape, batch, tokens_for(bench, batch, context), kv_dtype="int8") as engine:
                    gap = _Gap(engine)
                    seconds = decode_seconds(bench, engine, bench.prompts(batch, context))
            except TooLargeError as error:
                yield Figure(
                    what=what,
                    value=float("nan"),
                    unit="",
                    floor=floor,
                    aim=aim,
                    at_most=True,
                    note=str(error),
                )
                continue
            idle = gap.median(bench.extent.steps)
            note = f"{idle * 1e3:.2f} ms of {seconds * 1e3:.2f} ms"
            yield Figure(
                what=what, value=idle / seconds, unit="", floor=floor, aim=aim, at_most=True, note=note
            )


class _Nothing:
    """A forward pass that computes nothing."""

    def __init__(self, rows: int, device: torch.device) -> None:
        self._logits = torch.rand(rows, _LOGITS, device=device)

    def __call__(self, batch: Batch) -> Tensor:
        """Return some logits."""
        return self._logits[: len(batch.sampled)]


def packing(bench: Bench) -> Iterator[Figure]:
    """The part of the gap for taking tokens, planning and packing, with a model that computes nothing."""
    extent = bench.extent
    for batch in extent.batches:
        each = tokens_for(bench, batch, extent.context)
        limits = Limits(
            page_tokens=_PAGE,
            max_step_tokens=max(extent.step_tokens, batch),
            max_sequences=batch,
            max_waiting=batch,
            max_context_tokens=each,
            vocabulary=_MOST_TOKENS,
        )
        runner = ModelRunner(_Nothing(batch, bench.device), _PAGE, bench.device, start_sampling)
        engine = Engine(limits, batch * (-(-each // _PAGE) + 2), runner)
        gap = _Gap(engine)
        decode_seconds(bench, engine, bench.prompts(batch, extent.context))
        yield Figure(
            what=f"batch {batch} x {extent.context}", value=gap.median(extent.steps) * 1e3, unit="ms a step"
        )
