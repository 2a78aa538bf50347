"""Builds an engine around a loaded model."""

from dataclasses import replace

import torch
from transformers import PreTrainedModel

from core.errors import ModelError
from core.settings import EngineSettings
from core.values.notices import Notice
from llm.engine.adapters import AdaptedForward, Adapters
from llm.engine.engine import Engine
from llm.engine.model.attention import PagedAttention, attach, detach
from llm.engine.model.graphs import CudaRecorder, RecordedForward, Recorder
from llm.engine.model.layout import watch_layout
from llm.engine.model.memory import CPU_PAGE_BYTES, count_pages, largest_batch, room_on_gpu
from llm.engine.model.runner import Forward, ModelForward, ModelRunner
from llm.engine.model.sampler import start_sampling
from llm.engine.scheduling.plan import Limits
from llm.engine.seams.choice import Seams, choose_seams
from llm.engine.seams.experts import attach_experts
from llm.engine.seams.ops import AttentionOps
from llm.engine.support import (
    check_supported,
    context_limit,
    plain_logits,
    probe_pages,
    varies_with_length,
    verify,
)
from llm.engine.tensors.store import KvLayout, KvStore


def build_engine(
    model: PreTrainedModel,
    settings: EngineSettings,
    ops: AttentionOps | None = None,
    adapters: Adapters | None = None,
    recorder: Recorder | None = None,
) -> Engine:
    """Return an engine that owns `model` from now on; `adapters` are those loaded into it.

    On a GPU, decoding steps are recorded now. `recorder` and `ops` replace the device's own.
    Raises: UnsupportedModelError if the model's layers are of another kind or compute differently
    in pages; ModelError if the memory holds too few pages, or steps cannot be recorded.
    """
    seams = choose_seams(settings.kernels, model.device)
    seams = replace(seams, attention=ops) if ops else seams
    recorder = recorder or _device_recorder(model, settings)
    forward, num_pages = prepare(model, settings, seams, recorder)
    if recorder is not None:
        forward = record(model, settings, forward, num_pages, recorder)
    adapted = AdaptedForward(forward, adapters) if adapters else forward
    return assemble(model, settings, adapted, num_pages, seams.notices)


def prepare(
    model: PreTrainedModel, settings: EngineSettings, seams: Seams, recorder: Recorder | None = None
) -> tuple[Forward, int]:
    """Return the model's verified forward pass over pages, and the number of pages.

    With several processes, each calls this at the same time. Raises: as `build_engine`.
    """
    check_supported(model)
    detach(model)
    layout = watch_layout(model)
    plain = plain_logits(model)
    num_pages = settings.pages or _pages_that_fit(model, layout, settings, seams, recorder)
    check_pages(num_pages, layout, settings)
    forward = page_model(model, layout, num_pages, settings, seams)
    exact = layout.dtype == torch.float32 and settings.kv_dtype == "model"
    verify(model, forward, settings.page_tokens, plain, exact)
    return forward, num_pages


def assemble(
    model: PreTrainedModel,
    settings: EngineSettings,
    forward: Forward,
    num_pages: int,
    notices: tuple[Notice, ...] = (),
) -> Engine:
    """Return an engine around a forward pass; `notices` are what every answer has to do without."""
    runner = ModelRunner(forward, settings.page_tokens, model.device, start_sampling)
    return Engine(limits(model, settings), num_pages, runner, notices)


def page_model(
    model: PreTrainedModel, layout: KvLayout, num_pages: int, settings: EngineSettings, seams: Seams
) -> ModelForward:
    """Return the model's forward pass over pages; it has one page more, for padding to write to."""
    store = KvStore(layout, num_pages + 1, settings.page_tokens, settings.kv_dtype)
    attention = PagedAttention(store, seams.attention)
    attach(model, attention)
    attach_experts(model, seams.experts)
    return ModelForward(model, attention)


def record(
    model: PreTrainedModel,
    settings: EngineSettings,
    forward: Forward,
    num_pages: int,
    recorder: Recorder,
) -> RecordedForward:
    """Return a forward pass that replays decoding steps.

    Raises: ModelError if they cannot be recorded.
    """
    context = min(limits(model, settings).max_context_tokens, num_pages * settings.page_tokens)
    most_pages = -(-context // settings.page_tokens)
    recorded = RecordedForward(forward, recorder, settings.max_sequences, most_pages, settings.page_tokens)
    try:
        recorded.record(num_pages, model.device)
    except RuntimeError as error:
        raise ModelError(
            f"decoding steps of {model.config.model_type} cannot be recorded, set llm.engine.graphs to "
            f"false: {error}"
        ) from error
    return recorded


def check_pages(num_pages: int, layout: KvLayout, settings: EngineSettings) -> None:
    """Check that there is a page for each sequence. Raises: ModelError, which names the missing memory."""
    page_bytes = layout.bytes_per_token(settings.kv_dtype) * settings.page_tokens
    least = max(settings.max_sequences, probe_pages(settings.page_tokens))
    count_pages(num_pages * page_bytes, page_bytes, least, f"{settings.max_sequences} sequences")


def limits(model: PreTrainedModel, settings: EngineSettings) -> Limits:
    """Return the scheduler's bounds for this model."""
    context = context_limit(model.config)
    return Limits(
        page_tokens=settings.page_tokens,
        max_step_tokens=settings.max_step_tokens,
        max_sequences=settings.max_sequences,
        max_waiting=settings.max_waiting,
        max_context_tokens=min(context, settings.max_context_tokens or context),
        vocabulary=model.get_input_embeddings().num_embeddings,
        share_prefixes=settings.share_prefixes,
    )


def _pages_that_fit(
    model: PreTrainedModel,
    layout: KvLayout,
    settings: EngineSettings,
    seams: Seams,
    recorder: Recorder | None,
) -> int:
    """Return the number of pages that fit into memory, without the one for padding. Raises: ModelError."""
    least = max(settings.max_sequences, probe_pages(settings.page_tokens))

    def rehearse() -> None:
        forward = page_model(model, layout, least, settings, seams)
        context = limits(model, settings).max_context_tokens
        forward(largest_batch(settings, context, model.device))
        if recorder is not None:
            record(model, settings, forward, least, recorder)

    room = settings.memory_bytes or CPU_PAGE_BYTES
    if not settings.memory_bytes and model.device.type == "cuda":
        room = room_on_gpu(model.device, settings.memory_share, rehearse)
    page_bytes = layout.bytes_per_token(settings.kv_dtype) * settings.page_tokens
    return count_pages(room - page_bytes, page_bytes, least, f"{settings.max_sequences} sequences")


def _device_recorder(model: PreTrainedModel, settings: EngineSettings) -> Recorder | None:
    """Return the recorder for the model's device; None if steps cannot or should not be recorded."""
    if model.device.type != "cuda" or not settings.graphs or varies_with_length(model.config):
        return None
    return CudaRecorder()
