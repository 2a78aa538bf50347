"""Every architecture that the engine runs, tiny and random, with attention that matters."""

from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM

VOCABULARY = 96
_COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
    "tie_word_embeddings": False,
}
_EXPERTS = {"num_experts": 6, "num_experts_per_tok": 2}
_LOCAL = {"num_local_experts": 6, "num_experts_per_tok": 2}
_DEEPSEEK = {
    "num_key_value_heads": 4, "moe_intermediate_size": 16, "n_routed_experts": 8, "n_shared_experts": 1,
    "num_experts_per_tok": 2, "kv_lora_rank": 16, "q_lora_rank": None, "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4, "v_head_dim": 8, "first_k_dense_replace": 1, "n_group": 2, "topk_group": 1,
    "num_hidden_layers": 3,
}  # fmt: skip
_YARN = {
    "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "mscale": 0.7, "mscale_all_dim": 0.7,
    "original_max_position_embeddings": 128, "beta_fast": 32, "beta_slow": 1,
}  # fmt: skip

ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", {}),
    "qwen3": ("Qwen3Config", {"head_dim": 16}),
    "qwen3_moe": ("Qwen3MoeConfig", {**_EXPERTS, "head_dim": 16, "moe_intermediate_size": 16}),
    "qwen2_moe": (
        "Qwen2MoeConfig",
        {**_EXPERTS, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 24},
    ),
    "granitemoe": (
        "GraniteMoeConfig",
        {**_LOCAL, "attention_multiplier": 0.3, "embedding_multiplier": 2.0, "logits_scaling": 0.5},
    ),
    "olmoe": ("OlmoeConfig", _EXPERTS),
    "mixtral": ("MixtralConfig", _LOCAL),
    "mixtral_window": ("MixtralConfig", {**_LOCAL, "sliding_window": 24}),
    "phimoe": ("PhimoeConfig", _LOCAL),
    "ernie4_5_moe": (
        "Ernie4_5_MoeConfig",
        {"moe_intermediate_size": 16, "moe_num_experts": 6, "moe_k": 2, "moe_num_shared_experts": 1,
         "moe_layer_start_index": 1},
    ),
    "glm4_moe": (
        "Glm4MoeConfig",
        {"moe_intermediate_size": 16, "n_routed_experts": 8, "num_experts_per_tok": 2, "head_dim": 8,
         "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1},
    ),
    "glm4_moe_lite": ("Glm4MoeLiteConfig", {**_DEEPSEEK, "q_lora_rank": 12, "mlp_layer_types": None}),
    "gpt_oss": (
        "GptOssConfig",
        {**_LOCAL, "head_dim": 8, "sliding_window": 16,
         "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
    ),
    "deepseek_v2": ("DeepseekV2Config", {**_DEEPSEEK, "topk_method": "group_limited_greedy"}),
    "deepseek_v3": ("DeepseekV3Config", _DEEPSEEK),
    "deepseek_v3_yarn": ("DeepseekV3Config", {**_DEEPSEEK, "q_lora_rank": 12, "rope_parameters": _YARN}),
}  # fmt: skip


def tiny_model(name, seed=0, dtype=torch.float32, **changes):
    """Return the model with redrawn weights: large enough that every token depends on the context."""
    config_class, particular = ARCHITECTURES[name]
    config = getattr(transformers, config_class)(**(_COMMON | particular | changes))
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="eager").eval()
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.dim() >= 2:
                tensor.normal_(0, 1.5 * tensor.shape[-1] ** -0.5)
            elif tensor.dim() == 1 and tensor.is_floating_point() and tensor.requires_grad:
                tensor.add_(torch.randn_like(tensor) * 0.1)
    return model


def random_prompts(count, shared=0, seed=1, shortest=2, longest=40):
    generator = torch.Generator().manual_seed(seed)

    def draw(length):
        return torch.randint(1, VOCABULARY, (length,), generator=generator).tolist()

    prefix = draw(shared)
    lengths = torch.randint(shortest, longest, (count,), generator=generator).tolist()
    return [prefix + draw(length) for length in lengths]
