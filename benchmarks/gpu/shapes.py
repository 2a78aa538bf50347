"""The shapes of the GPU benchmark's models, true and tiny ones, and the extent of its runs."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM, DeepseekV2Config, PreTrainedModel, Qwen3MoeConfig

_ENDLESS = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
_TINY = {
    "vocab_size": 512, "hidden_size": 64, "intermediate_size": 64, "moe_intermediate_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_experts_per_tok": 2,
    "max_position_embeddings": 2048, **_ENDLESS,
}  # fmt: skip
TRUE_SHAPES: dict[str, Any] = {
    "qwen3-30b": Qwen3MoeConfig(
        vocab_size=151936, hidden_size=2048, intermediate_size=6144, moe_intermediate_size=768,
        num_hidden_layers=48, num_attention_heads=32, num_key_value_heads=4, head_dim=128, num_experts=128,
        num_experts_per_tok=8, norm_topk_prob=True, max_position_embeddings=40960, **_ENDLESS,
    ),
    "deepseek-v2-lite": DeepseekV2Config(
        vocab_size=102400, hidden_size=2048, intermediate_size=10944, moe_intermediate_size=1408,
        num_hidden_layers=27, num_attention_heads=16, num_key_value_heads=16, kv_lora_rank=512,
        q_lora_rank=None, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, n_routed_experts=64,
        n_shared_experts=2, num_experts_per_tok=6, first_k_dense_replace=1, max_position_embeddings=40960,
        **_ENDLESS,
    ),
}  # fmt: skip
TINY_SHAPES: dict[str, Any] = {
    "qwen3-30b": Qwen3MoeConfig(**_TINY, num_key_value_heads=2, head_dim=128, num_experts=8),
    "deepseek-v2-lite": DeepseekV2Config(
        **_TINY, num_key_value_heads=4, kv_lora_rank=64, q_lora_rank=None, qk_nope_head_dim=16,
        qk_rope_head_dim=16, v_head_dim=16, n_routed_experts=8, n_shared_experts=1, first_k_dense_replace=1,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The extent of a run: full on a GPU, tiny to show that the phases run."""

    batches: tuple[int, ...] = (1, 16, 64, 256)
    context: int = 2048
    long_contexts: tuple[int, ...] = (8192, 32768)
    steps: int = 32
    warm_up: int = 8
    step_tokens: int = 8192
    shared: int = 3500
    own: int = 100
    answer: int = 128
    requests: int = 48
    copy_bytes: int = 2**31
    texts: int = 4096
    vectors: int = 10_000_000
    repeats: int = 5


TINY = Extent(
    batches=(1, 2), context=48, long_contexts=(96,), steps=3, warm_up=1, step_tokens=64, shared=64, own=8,
    answer=4, requests=3, copy_bytes=2**16, texts=8, vectors=1000, repeats=1,
)  # fmt: skip


def make_model(config: Any, device: torch.device) -> PreTrainedModel:
    """Return a model of random weights: routing is then uniform, as the limit assumes."""
    torch.manual_seed(0)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    with device:
        return AutoModelForCausalLM.from_config(deepcopy(config), dtype=dtype).eval()


def step_bytes(model: PreTrainedModel, batch: int, context: int, kv_bytes_per_token: int) -> float:
    """Return the bytes that a step reads: E (1 - (1 - k/E)^B) experts of each layer, and all else once."""
    parts = step_parts(model, batch, context, kv_bytes_per_token)
    return sum(parts.values())


def step_parts(model: PreTrainedModel, batch: int, context: int, kv_bytes_per_token: int) -> dict[str, float]:
    """Return the same by what is read: experts, keys and values, all else."""
    config = model.config
    experts = getattr(config, "num_experts", None) or config.n_routed_experts
    share = 1 - (1 - config.num_experts_per_tok / experts) ** batch
    sizes = {name: parameter.nbytes for name, parameter in model.named_parameters() if "embed" not in name}
    chosen = sum(size for name, size in sizes.items() if ".experts." in name)
    return {
        "experts": chosen * share,
        "attention": float(batch * context * kv_bytes_per_token),
        "dense": float(sum(sizes.values()) - chosen),
    }
