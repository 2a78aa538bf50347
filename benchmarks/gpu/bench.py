"""Shared parts of the GPU benchmark's phases: a model, its engines, a clock, figures."""

import gc
import time
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from transformers import PreTrainedModel

from benchmarks.gpu.shapes import Extent, make_model
from core.settings import EngineSettings
from llm.engine.build import build_engine
from llm.engine.engine import Engine
from llm.engine.model.attention import detach
from llm.engine.model.layout import watch_layout
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Matcher, Sequence
from llm.engine.tensors.store import KvLayout

Tokens = list[int]
_PAGE = 32
_SPARE_BYTES = 4 * 2**30  # for activations and recordings beside weights and pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    what: str
    value: float
    unit: str
    floor: float | None = None  # what it must reach
    aim: float | None = None  # what it should reach
    at_most: bool = False  # whether floor and aim are upper bounds
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the figure reaches its aim, its floor, or neither."""
        for name, bar in (("aim", self.aim), ("floor", self.floor)):
            if bar is not None and (self.value <= bar if self.at_most else self.value >= bar):
                return name
        return "" if self.floor is None and self.aim is None else "missed"


@dataclass
class Finished:
    """The result of a run of requests: answered tokens, seconds, and the time of each first token."""

    tokens: int = 0
    seconds: float = 0.0
    first_seconds: dict[int, float] = field(default_factory=dict)


class TooLargeError(Exception):
    """The model or its pages do not fit into the device's memory."""


class Bench:
    """One device, one extent, and the model of one shape at a time."""

    def __init__(self, device: torch.device, extent: Extent, shapes: dict[str, Any], layers: int = 0) -> None:
        self.device = device
        self.extent = extent
        self.shapes = shapes
        self._layers = layers
        self._model: tuple[str, PreTrainedModel, KvLayout] | None = None

    def model(self, shape: str) -> PreTrainedModel:
        """Return the model of that shape; the one before is given up. Raises: TooLargeError."""
        return self._made(shape)[0]

    def layout(self, shape: str) -> KvLayout:
        """Return what that shape keeps of each token. Raises: TooLargeError."""
        return self._made(shape)[1]

    def _made(self, shape: str) -> tuple[PreTrainedModel, KvLayout]:
        if self._model is None or self._model[0] != shape:
            self._model = None
            self.tidy()
            config = self.shapes[shape]
            config.num_hidden_layers = self._layers or config.num_hidden_layers
            try:
                model = make_model(config, self.device)
            except torch.OutOfMemoryError as error:
                raise TooLargeError(f"{shape}'s weights do not fit") from error
            self._model = shape, model, watch_layout(model)
        return self._model[1:]

    @cached_property
    def bandwidth(self) -> float:
        """Bytes per second that a copy reads and writes: what the limits are made of."""
        source = torch.empty(self.extent.copy_bytes, dtype=torch.uint8, device=self.device)
        target = torch.empty_like(source)
        target.copy_(source)
        with self.clock() as seconds:
            for _ in range(10):
                target.copy_(source)
        return 10 * 2 * self.extent.copy_bytes / seconds[0]

    @contextmanager
    def engine(self, shape: str, batch: int, tokens_each: int, **changes: Any) -> Iterator[Engine]:
        """Give an engine whose pages hold `batch` sequences of `tokens_each`. Raises: TooLargeError."""
        model = self.model(shape)
        pages = batch * -(-tokens_each // _PAGE) + batch + 2
        settings = EngineSettings(
            **({"page_tokens": _PAGE, "pages": pages, "max_sequences": batch, "max_waiting": 4096,
                "max_step_tokens": max(self.extent.step_tokens, batch),
                "max_context_tokens": tokens_each} | changes)
        )  # fmt: skip
        self._check_room(shape, settings)
        try:
            yield build_engine(model, settings)
        finally:
            detach(model)
            self.tidy()

    @contextmanager
    def clock(self) -> Iterator[list[float]]:
        """Give a list that holds the seconds afterwards, when the device has done all it was given."""
        seconds: list[float] = []
        self.wait()
        start = time.perf_counter()
        yield seconds
        self.wait()
        seconds.append(time.perf_counter() - start)

    def wait(self) -> None:
        """Wait for the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def tidy(self) -> None:
        """Give unused memory back."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def prompts(self, count: int, length: int, seed: int = 0) -> list[Tokens]:
        """Return random prompts."""
        generator = torch.Generator().manual_seed(seed)
        vocabulary = min(config.vocab_size for config in self.shapes.values())
        return torch.randint(1, vocabulary, (count, length), generator=generator).tolist()

    def _check_room(self, shape: str, settings: EngineSettings) -> None:
        if self.device.type == "cuda":
            wanted = self.layout(shape).bytes_per_token(settings.kv_dtype) * _PAGE * settings.pages
            free, _ = torch.cuda.mem_get_info(self.device)
            if wanted + _SPARE_BYTES > free:
                raise TooLargeError(f"pages of {wanted / 1e9:.0f} GB do not fit into {free / 1e9:.0f} GB")


def add(
    engine: Engine, prompts: Iterable[Tokens], new: int | Many[int], matchers: Many[Matcher] = ()
) -> None:
    """Queue prompts, each for `new` tokens."""
    start = len(engine.scheduler.sequences)
    for number, prompt in enumerate(prompts):
        tokens = new if isinstance(new, int) else new[number]
        request = GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=tokens))
        matcher = matchers[number] if matchers else None
        engine.scheduler.add(Sequence(start + number, request, float(start + number), matcher))


def run_out(bench: Bench, engine: Engine) -> Finished:
    """Step until every request has ended. Raises: RuntimeError if one failed."""
    done = Finished()
    start = time.perf_counter()
    while engine.scheduler.sequences:
        for event in engine.step(0.0):
            if event.finish is not None and event.finish.message:
                raise RuntimeError(event.finish.message)
            if event.delta.tokens:
                done.tokens += len(event.delta.tokens)
                done.first_seconds.setdefault(event.number, time.perf_counter() - start)
    bench.wait()
    done.seconds = time.perf_counter() - start
    return done


def decode_seconds(bench: Bench, engine: Engine, prompts: list[Tokens]) -> float:
    """Return the seconds of a step in which every prompt decodes one token."""
    extent, batch = bench.extent, len(prompts)
    # Who is first decodes already while the last prompts are computed.
    filling = batch * len(prompts[0]) // extent.step_tokens + 3
    add(engine, prompts, filling + extent.warm_up + extent.steps + 3)
    seconds = timed_step(bench, engine)
    assert len(engine.scheduler.sequences) == batch, "a sequence ended before the clock was stopped"
    assert not engine.scheduler.preemptions, "the pages were too few"
    return seconds


def timed_step(bench: Bench, engine: Engine) -> float:
    """Return the seconds of a step, once every prompt that was added is computed and the engine is warm."""
    while any(one.remaining > 1 or not one.output for one in engine.scheduler.sequences):
        engine.step(0.0)
    for _ in range(bench.extent.warm_up):
        engine.step(0.0)
    with bench.clock() as seconds:
        for _ in range(bench.extent.steps):
            engine.step(0.0)
    return seconds[0] / bench.extent.steps


def tokens_for(bench: Bench, batch: int, context: int) -> int:
    """Return an upper bound of the tokens of each sequence in `decode_seconds`."""
    extent = bench.extent
    return context + batch * context // extent.step_tokens + extent.warm_up + extent.steps + 8


def environment(bench: Bench) -> dict[str, Any]:
    """Return the circumstances of the figures."""
    cuda = bench.device.type == "cuda"
    facts: dict[str, Any] = {
        "device": torch.cuda.get_device_name(bench.device) if cuda else "cpu",
        "copy_bytes_per_second": bench.bandwidth,
        "versions": {name: _version(name) for name in ("torch", "triton", "transformers", "vademecum")},
        "extent": asdict(bench.extent),
    }
    if cuda:
        facts["cuda"] = torch.version.cuda
    return facts


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
