"""Puts an engine together around a loaded model."""

import torch
from transformers import PreTrainedModel

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.adapters import AdaptedForward, Adapters
from llm.engine.attention import PagedAttention, attach, detach
from llm.engine.engine import Engine
from llm.engine.experts import attach_experts
from llm.engine.layout import watch_layout
from llm.engine.ops import AttentionOps, TorchOps
from llm.engine.plan import Limits
from llm.engine.runner import Forward, ModelForward, ModelRunner
from llm.engine.sampler import sample
from llm.engine.store import KvLayout, KvStore
from llm.engine.support import check_supported, context_limit, plain_logits, probe_pages, verify


def build_engine(
    model: PreTrainedModel,
    settings: EngineSettings,
    ops: AttentionOps | None = None,
    adapters: Adapters | None = None,
) -> Engine:
    """Return an engine that owns `model` from now on; `adapters` are those loaded into it.

    Raises: UnsupportedModelError if the model's layers are of another kind or compute differently
    in pages; ModelError if the memory holds too few pages.
    """
    forward, num_pages = prepare(model, settings, ops or TorchOps())
    adapted = AdaptedForward(forward, adapters) if adapters else forward
    return assemble(model, settings, adapted, num_pages)


def prepare(model: PreTrainedModel, settings: EngineSettings, ops: AttentionOps) -> tuple[ModelForward, int]:
    """Return the model's verified forward pass over pages, and the number of pages.

    With several processes, each calls this at the same time. Raises: as `build_engine`.
    """
    check_supported(model)
    detach(model)
    layout = watch_layout(model)
    num_pages = count_pages(layout, settings)
    plain = plain_logits(model)
    forward = page_model(model, layout, num_pages, settings, ops)
    exact = layout.dtype == torch.float32 and settings.kv_dtype == "model"
    verify(model, forward, settings.page_tokens, plain, exact)
    return forward, num_pages


def assemble(model: PreTrainedModel, settings: EngineSettings, forward: Forward, num_pages: int) -> Engine:
    """Return an engine around a forward pass."""
    runner = ModelRunner(forward, settings.page_tokens, model.device, sample)
    return Engine(limits(model, settings), num_pages, runner)


def page_model(
    model: PreTrainedModel, layout: KvLayout, num_pages: int, settings: EngineSettings, ops: AttentionOps
) -> ModelForward:
    """Return the model's forward pass over pages."""
    store = KvStore(layout, num_pages, settings.page_tokens, settings.kv_dtype)
    attention = PagedAttention(store, ops)
    attach(model, attention)
    attach_experts(model)
    return ModelForward(model, attention)


def count_pages(layout: KvLayout, settings: EngineSettings) -> int:
    """Return how many pages the settings ask for, or the memory holds.

    Raises: ModelError, saying how much memory is missing, if there would not be a page for each
    sequence.
    """
    page_bytes = layout.bytes_per_token(settings.kv_dtype) * settings.page_tokens
    pages = settings.pages or settings.memory_bytes // page_bytes
    missing = max(settings.max_sequences, probe_pages(settings.page_tokens)) - pages
    if missing > 0:
        raise ModelError(
            f"{pages} KV pages are too few for {settings.max_sequences} sequences: "
            f"{missing * page_bytes} bytes more are needed, or fewer sequences"
        )
    return pages


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
