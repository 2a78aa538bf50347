"""Which models the engine runs, how long a context it can hold, and proof that it computes the same."""

from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from core.errors import UnsupportedModelError
from llm.engine.model.runner import Forward
from llm.engine.request import GenerationRequest
from llm.engine.scheduling.plan import Plan, Row
from llm.engine.scheduling.sequence import Sequence
from llm.engine.tensors.batch import pack

ATTENTION_KINDS = frozenset({"full_attention", "sliding_attention"})
# RoPE whose frequencies depend on the longest sequence in the batch beyond the trained length.
_LENGTH_DEPENDENT_ROPE = frozenset({"dynamic", "longrope"})
# Models without positions, such as state-space models, name no limit; beyond this, memory is one.
_UNNAMED_CONTEXT = 32_768
_PROBE_TOKENS = 24
# Relative error of the last token's logits; half precision and INT8 may flip an expert's choice.
_EXACT_TOLERANCE, _ROUNDED_TOLERANCE = 1e-3, 0.3


def refusal(config: Any) -> str:
    """Return why the engine cannot run a model of this configuration, or nothing."""
    kinds = set(getattr(config, "layer_types", None) or ()) - ATTENTION_KINDS
    if kinds:
        return f"{config.model_type} has layers of {', '.join(sorted(kinds))}, which keep no pages"
    if getattr(config, "mamba_d_state", None) or getattr(config, "ssm_cfg", None):
        return f"{config.model_type} has state-space layers, which keep no pages"
    if getattr(config, "index_topk", None):
        return f"{config.model_type} chooses the tokens that it attends to (sparse attention)"
    if getattr(config, "is_encoder_decoder", False):
        return f"{config.model_type} is an encoder-decoder"
    if getattr(config, "attn_logit_softcapping", None):
        return f"{config.model_type} caps its attention scores"
    return ""


def context_limit(config: Any) -> int:
    """Return the tokens of prompt and answer that the model can hold.

    Length-dependent RoPE is kept within its trained length, where it does not yet depend on the
    batch: a long neighbour must not change a short request's answer.
    """
    limit = int(getattr(config, "max_position_embeddings", _UNNAMED_CONTEXT))
    if varies_with_length(config):
        trained: int | None = config.rope_parameters.get("original_max_position_embeddings")
        return min(limit, trained or getattr(config, "original_max_position_embeddings", limit))
    return limit


def varies_with_length(config: Any) -> bool:
    """Whether RoPE depends on the longest sequence: host code decides, which no recording repeats."""
    rope = getattr(config, "rope_parameters", None) or {}
    return rope.get("rope_type") in _LENGTH_DEPENDENT_ROPE


def check_supported(model: PreTrainedModel) -> None:
    """Raises: UnsupportedModelError, saying which part of the model the engine cannot run."""
    reason = refusal(model.config)
    if not reason and not getattr(model, "_supports_attention_backend", False):
        reason = f"{model.config.model_type} does not let its attention be replaced"
    if reason:
        raise UnsupportedModelError(f"{reason}; use the `hf` back end or a remote server")


@torch.no_grad()
def plain_logits(model: PreTrainedModel) -> Tensor:
    """Return `(vocabulary,)` float32: what the model itself says after the probe."""
    tokens = torch.tensor([_probe(model)], device=model.device)
    logits: Tensor = model(input_ids=tokens, use_cache=False).logits[0, -1]
    return logits.float()


def verify(model: PreTrainedModel, forward: Forward, page_tokens: int, plain: Tensor, exact: bool) -> None:
    """Compute the probe in pages, a chunk, a second chunk and a decode, and compare.

    Raises: UnsupportedModelError if the pages give other logits than the model alone.
    """
    sequence = Sequence(0, GenerationRequest(prompt=_probe(model)), 0.0)
    sequence.pages = list(range(probe_pages(page_tokens)))
    half = _PROBE_TOKENS // 2
    for start, stop in ((0, half), (half, _PROBE_TOKENS - 1), (_PROBE_TOKENS - 1, _PROBE_TOKENS)):
        logits = forward(pack(Plan((Row(sequence, start, stop),)), page_tokens, model.device))
    error = float((logits[0] - plain).norm() / plain.norm())
    if not error <= (_EXACT_TOLERANCE if exact else _ROUNDED_TOLERANCE):
        raise UnsupportedModelError(
            f"{model.config.model_type} computes differently in pages (relative error {error:.2g}); "
            "use the `hf` back end or a remote server"
        )


def probe_pages(page_tokens: int) -> int:
    """Return the pages that `verify` needs."""
    return -(-_PROBE_TOKENS // page_tokens)


def _probe(model: PreTrainedModel) -> tuple[int, ...]:
    return tuple((7 * place + 1) % model.config.vocab_size for place in range(_PROBE_TOKENS))
