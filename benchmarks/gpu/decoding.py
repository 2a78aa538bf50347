"""Decoding phases: against the memory's limit, as the batch grows, and with INT8 pages."""

from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.bench import Bench, Figure, TooLargeError, add, decode_seconds, timed_step, tokens_for
from benchmarks.gpu.shapes import step_bytes
from llm.engine.engine import Engine
from llm.models.catalogue import KvDtype

_FLOORS = {1: (0.25, 0.45), 16: (0.35, 0.55), 64: (0.45, 0.65), 256: (0.50, 0.70)}
_LEAST_CAPACITY = {"qwen3-30b": 1.9, "deepseek-v2-lite": 1.6}


def limit_seconds(bench: Bench, shape: str, kv_dtype: KvDtype, batch: int, context: int) -> float:
    """Return the least seconds of a step: the bytes that it must read, at the speed of a copy."""
    model = bench.model(shape)
    kv_bytes = bench.layout(shape).bytes_per_token(kv_dtype)
    return step_bytes(model, batch, context, kv_bytes) / bench.bandwidth


def step_seconds(bench: Bench, shape: str, batch: int, context: int, seed: int = 0, **changes: Any) -> float:
    """Return the seconds of one decoding step. Raises: TooLargeError."""
    with bench.engine(shape, batch, tokens_for(bench, batch, context), **changes) as engine:
        return decode_seconds(bench, engine, bench.prompts(batch, context, seed))


def decode(bench: Bench) -> Iterator[Figure]:
    """Decoding over what the memory's speed allows."""
    context = bench.extent.context
    for shape in bench.shapes:
        for batch in bench.extent.batches:
            what = f"{shape} batch {batch} x {context}: limit over step"
            floor, aim = _FLOORS.get(batch, (None, None))
            try:
                seconds = step_seconds(bench, shape, batch, context)
            except TooLargeError as error:
                yield Figure(what=what, value=float("nan"), unit="", floor=floor, aim=aim, note=str(error))
                continue
            limit = limit_seconds(bench, shape, "model", batch, context)
            note = (
                f"{batch / seconds:.0f} tokens/s, {seconds * 1e3:.2f} ms a step, limit {limit * 1e3:.2f} ms"
            )
            yield Figure(what=what, value=limit / seconds, unit="", floor=floor, aim=aim, note=note)


def growth(bench: Bench) -> Iterator[Figure]:
    """One trace of mixed lengths in which the batch grows."""
    extent = bench.extent
    largest = extent.batches[-1]
    steps = extent.warm_up + extent.steps
    for shape in bench.shapes:
        try:
            filling = largest * extent.context // extent.step_tokens + 3
            each = extent.context + (len(extent.batches) + 1) * (steps + filling)
            with bench.engine(shape, largest, each + 16, kv_dtype="int8") as engine:
                for batch in extent.batches:
                    yield _grown(bench, engine, shape, batch, each)
        except TooLargeError as error:
            yield Figure(
                what=f"{shape}: grown to {largest}", value=float("nan"), unit="tokens/s", note=str(error)
            )


def _grown(bench: Bench, engine: Engine, shape: str, batch: int, each: int) -> Figure:
    """Fill the batch up to a size with prompts of a quarter up to the whole context, then time it."""
    extent, running = bench.extent, len(engine.scheduler.sequences)
    fresh = bench.prompts(batch - running, extent.context, seed=batch)
    quarter = extent.context // 4
    prompts = [prompt[: quarter * (1 + number % 4)] for number, prompt in enumerate(fresh)]
    add(engine, prompts, each - extent.context)
    seconds = timed_step(bench, engine)
    mean = sum(len(one.tokens) for one in engine.scheduler.sequences) / batch
    rate = batch / seconds
    limit = limit_seconds(bench, shape, "int8", batch, int(mean))
    return Figure(
        what=f"{shape} grown to {batch}: limit over step", value=limit * rate / batch, unit="",
        note=f"{rate:.0f} tokens/s at a mean length of {mean:.0f}, INT8 pages",
    )  # fmt: skip


def int8(bench: Bench) -> Iterator[Figure]:
    """INT8 pages beside the model's own: speed, latency at long context, capacity."""
    extent = bench.extent
    for shape in bench.shapes:
        yield from _ratio(bench, shape, extent.batches[-1], extent.context, 1.10, 1.20)
        for context in extent.long_contexts:
            yield from _ratio(bench, shape, 1, context, None, None)
        layout = bench.layout(shape)
        capacity = layout.bytes_per_token("model") / layout.bytes_per_token("int8")
        yield Figure(
            what=f"{shape}: tokens held, INT8 over plain",
            value=capacity,
            unit="x",
            floor=_LEAST_CAPACITY.get(shape),
        )


def _ratio(
    bench: Bench, shape: str, batch: int, context: int, floor: float | None, aim: float | None
) -> Iterator[Figure]:
    what = f"{shape} batch {batch} x {context}: tokens/s, INT8 over plain"
    try:
        plain = step_seconds(bench, shape, batch, context)
        rounded = step_seconds(bench, shape, batch, context, kv_dtype="int8")
    except TooLargeError as error:
        yield Figure(what=what, value=float("nan"), unit="x", floor=floor, aim=aim, note=str(error))
        return
    note = f"{plain * 1e3:.2f} ms a step plain, {rounded * 1e3:.2f} ms INT8"
    yield Figure(what=what, value=plain / rounded, unit="x", floor=floor, aim=aim, note=note)
