"""Which models the engine runs, how long their contexts may be, and a check of its logits at start."""

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
# The limit of models that name none, such as models without positions; beyond it, memory is the limit.
_UNNAMED_CONTEXT = 32_768
_PROBE_TOKENS = 24
# Relative error of the last token's logits; half precision and INT8 may flip an expert's choice.
_EXACT_TOLERANCE, _ROUNDED_TOLERANCE = 1e-3, 0.3


def refusal(config: Any) -> str:
    """Return why the engine cannot run a model of this configuration; empty if it can."""
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
    """Return the most tokens of prompt and answer together that the model takes.

    Length-dependent RoPE is limited to its trained length, within which it does not depend on the
    batch: a long neighbour must not change a short request's answer.
    """
    limit = int(getattr(config, "max_position_embeddings", _UNNAMED_CONTEXT))
    if varies_with_length(config):
        trained: int | None = config.rope_parameters.get("original_max_position_embeddings")
        return min(limit, trained or getattr(config, "original_max_position_embeddings", limit))
    return limit


def varies_with_length(config: Any) -> bool:
    """Whether RoPE depends on the longest sequence. Host code does that, so a recording cannot repeat it."""
    rope = getattr(config, "rope_parameters", None) or {}
    return rope.get("rope_type") in _LENGTH_DEPENDENT_ROPE


def check_supported(model: PreTrainedModel) -> None:
    """Check that the engine can run the model.

    Raises: UnsupportedModelError, which names the part of the model that the engine cannot run.
    """
    reason = refusal(model.config)
    if not reason and not getattr(model, "_supports_attention_backend", False):
        reason = f"{model.config.model_type} does not allow its attention to be replaced"
    if reason:
        raise UnsupportedModelError(f"{reason}; use the `hf` back end or a remote server")


@torch.no_grad()
def plain_logits(model: PreTrainedModel) -> Tensor:
    """Return the unchanged model's logits after the probe, `(vocabulary,)` float32."""
    tokens = torch.tensor([_probe(model)], device=model.device)
    logits: Tensor = model(input_ids=tokens, use_cache=False).logits[0, -1]
    return logits.float()


def verify(model: PreTrainedModel, forward: Forward, page_tokens: int, plain: Tensor, exact: bool) -> None:
    """Compare the logits of the probe, computed in pages by two chunks and a decode, with `plain`.

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
