"""A decoding step's time by kind of kernel, beside the least time that its bytes take."""

from collections import defaultdict
from collections.abc import Iterator

from torch.profiler import ProfilerActivity, profile

from benchmarks.gpu.bench import Bench, Figure, TooLargeError, add, tokens_for
from benchmarks.gpu.shapes import step_parts
from llm.engine.engine import Engine

_STEPS = 4
_BATCHES = (1, 64)
# By parts of a kernel's name. Products outside experts and attention are the dense part.
_KINDS = (
    ("experts", ("_gate_up", "_down", "_route", "_weighted_sum", "grouped", "experts")),
    ("attention", ("_attend_part", "_merge", "_write", "attention", "flash", "fmha", "index_select")),
    ("dense", ("gemm", "gemv", "cutlass", "cublas", "nvjet", "addmm", "aten::mm", "aten::linear", "splitk")),
)


def profile_step(bench: Bench) -> Iterator[Figure]:
    """Each kind's time in one decoding step beside the time in which its bytes can be read."""
    extent = bench.extent
    for shape in bench.shapes:
        for batch in [one for one in _BATCHES if one <= extent.batches[-1]]:
            try:
                with bench.engine(shape, batch, tokens_for(bench, batch, extent.context)) as engine:
                    times = _kinds(bench, engine, batch)
            except TooLargeError as error:
                yield Figure(what=f"{shape} batch {batch}", value=float("nan"), unit="us", note=str(error))
                continue
            kv_bytes = bench.layout(shape).bytes_per_token("model")
            limits = step_parts(bench.model(shape), batch, extent.context, kv_bytes)
            for kind, microseconds in sorted(times.items(), key=lambda item: -item[1]):
                limit = limits.get(kind, 0.0) / bench.bandwidth * 1e6
                yield Figure(
                    what=f"{shape} batch {batch}: {kind}", value=microseconds, unit="us a step",
                    note=f"its bytes take {limit:.0f} us; {microseconds - limit:.0f} us could be won",
                )  # fmt: skip


def _kinds(bench: Bench, engine: Engine, batch: int) -> dict[str, float]:
    """Return the microseconds of each kind of kernel in one step."""
    extent = bench.extent
    filling = batch * extent.context // extent.step_tokens + 3
    add(engine, bench.prompts(batch, extent.context), filling + extent.warm_up + _STEPS + 3)
    while any(one.remaining > 1 or not one.output for one in engine.scheduler.sequences):
        engine.step(0.0)
    for _ in range(extent.warm_up):
        engine.step(0.0)
    on_gpu = bench.device.type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU]) as seen:
        for _ in range(_STEPS):
            engine.step(0.0)
        bench.wait()
    times: dict[str, float] = defaultdict(float)
    for event in seen.key_averages():
        spent = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        times[_kind(event.key)] += spent / _STEPS
    return times


def _kind(name: str) -> str:
    lowered = name.lower()
    return next((kind for kind, signs in _KINDS if any(sign in lowered for sign in signs)), "other")
