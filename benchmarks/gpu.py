"""How fast the engine decodes on a GPU, beside what the memory's speed would allow.

    python -m benchmarks.gpu [--shape NAME] [--batches 1,16,64] [--context N] [--layers N] [--out FILE.json]

Random weights in the true shapes of published models: routing is then uniform, as the limit assumes.
The limit counts, for each step, the weights that must be read once, those of the experts that the
batch is expected to choose, and every sequence's keys and values; computing is taken as free.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, DeepseekV2Config, PreTrainedModel, Qwen3MoeConfig

from benchmarks.engine import first_token_seconds
from core.settings import EngineSettings
from llm.catalogue import KvDtype
from llm.engine.attention import detach
from llm.engine.build import build_engine
from llm.engine.engine import Engine
from llm.engine.layout import watch_layout
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.sequence import Sequence

STEPS = 32
WARM_UP_STEPS = 8
_STEP_TOKENS = 8192
_COPY_BYTES = 2**30
_ENDLESS = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
SHAPES: dict[str, Any] = {
    "qwen3-30b": Qwen3MoeConfig(
        vocab_size=151936, hidden_size=2048, intermediate_size=6144, moe_intermediate_size=768,
        num_hidden_layers=48, num_attention_heads=32, num_key_value_heads=4, head_dim=128, num_experts=128,
        num_experts_per_tok=8, norm_topk_prob=True, max_position_embeddings=32768, **_ENDLESS,
    ),
    "deepseek-v2-lite": DeepseekV2Config(
        vocab_size=102400, hidden_size=2048, intermediate_size=10944, moe_intermediate_size=1408,
        num_hidden_layers=27, num_attention_heads=16, num_key_value_heads=16, kv_lora_rank=512,
        q_lora_rank=None, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128, n_routed_experts=64,
        n_shared_experts=2, num_experts_per_tok=6, first_k_dense_replace=1, max_position_embeddings=32768,
        **_ENDLESS,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """Decoding `batch` sequences of `context` tokens: `limit` is the tokens per second that memory allows."""

    kv_dtype: KvDtype
    batch: int
    context: int
    tokens_per_second: float
    limit: float


def decode(model: PreTrainedModel, kv_dtype: KvDtype, batch: int, context: int, bandwidth: float) -> Measured:
    """Fill `batch` contexts, then time steps that decode them all; `bandwidth` is in bytes per second."""
    # Who is first decodes already while the last prompts are computed.
    new_tokens = WARM_UP_STEPS + STEPS + batch * context // _STEP_TOKENS + 3
    kv_bytes = watch_layout(model).bytes_per_token(kv_dtype)
    settings = EngineSettings(
        pages=batch * -(-(context + new_tokens) // 32) + batch,
        kv_dtype=kv_dtype,
        max_sequences=batch,
        max_step_tokens=_STEP_TOKENS,
    )
    engine = build_engine(model, settings)
    generator = torch.Generator().manual_seed(0)
    for number in range(batch):
        prompt = torch.randint(1, model.config.vocab_size, (context,), generator=generator).tolist()
        request = GenerationRequest(tuple(prompt), Sampling(max_tokens=new_tokens))
        engine.scheduler.add(Sequence(number, request, float(number)))
    while any(sequence.remaining > 1 or not sequence.output for sequence in engine.scheduler.sequences):
        engine.step(0.0)
    _run(engine, WARM_UP_STEPS, model.device)
    seconds = _run(engine, STEPS, model.device)
    assert len(engine.scheduler.sequences) == batch, "a sequence ended before the clock was stopped"
    assert not engine.scheduler.preemptions
    detach(model)
    limit = batch * bandwidth / step_bytes(model, batch, context, kv_bytes)
    return Measured(kv_dtype, batch, context, batch * STEPS / seconds, limit)


def step_bytes(model: PreTrainedModel, batch: int, context: int, kv_bytes_per_token: int) -> float:
    """Return what a decoding step must read: E (1 - (1 - k/E)^B) experts of each layer, and all else once."""
    config = model.config
    experts = getattr(config, "num_experts", None) or config.n_routed_experts
    share = 1 - (1 - config.num_experts_per_tok / experts) ** batch
    sizes = {name: parameter.nbytes for name, parameter in model.named_parameters() if "embed" not in name}
    chosen = sum(size for name, size in sizes.items() if ".experts." in name)
    return float(sum(sizes.values()) - chosen * (1 - share) + batch * context * kv_bytes_per_token)


def read_bandwidth(device: torch.device) -> float:
    """Return the bytes per second that a copy reads and writes."""
    source = torch.empty(_COPY_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    _wait(device)
    start = time.perf_counter()
    for _ in range(10):
        target.copy_(source)
    _wait(device)
    return 10 * 2 * _COPY_BYTES / (time.perf_counter() - start)


def table(rows: Many[Measured]) -> str:
    """Return the rows as Markdown."""
    lines = ["| KV | batch | context | tokens/s | memory allows | share |", "|---|---|---|---|---|---|"]
    for row in rows:
        share = row.tokens_per_second / row.limit
        figures = f"{row.tokens_per_second:.0f} | {row.limit:.0f} | {share:.2f}"
        lines.append(f"| {row.kv_dtype} | {row.batch} | {row.context} | {figures} |")
    return "\n".join(lines)


def _run(engine: Engine, steps: int, device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    for _ in range(steps):
        engine.step(0.0)
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> int:
    """Measure, print a table, and write the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--shape", choices=sorted(SHAPES), default="qwen3-30b")
    arguments.add_argument("--batches", default="1,16,64,256")
    arguments.add_argument("--context", type=int, default=2048)
    arguments.add_argument("--layers", type=int, help="fewer than the model has, where memory is short")
    arguments.add_argument("--out", type=Path)
    wish = arguments.parse_args()
    if not torch.cuda.is_available():
        print("benchmarks.gpu needs a GPU that torch can use; there is none here", file=sys.stderr)
        return 2
    config = SHAPES[wish.shape]
    config.num_hidden_layers = wish.layers or config.num_hidden_layers
    device = torch.device("cuda")
    with device:
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
    bandwidth = read_bandwidth(device)
    kinds: tuple[KvDtype, ...] = ("model", "int8")
    batches = [int(batch) for batch in wish.batches.split(",")]
    rows = [decode(model, kind, batch, wish.context, bandwidth) for kind in kinds for batch in batches]
    cold, hit = first_token_seconds(model)
    report = {
        "gpu": torch.cuda.get_device_name(device), "torch": torch.__version__, "shape": wish.shape,
        "layers": config.num_hidden_layers, "copy_bytes_per_second": bandwidth,
        "first_token_seconds": {"cold": cold, "hit": hit}, "decode": [asdict(row) for row in rows],
    }  # fmt: skip
    print(
        f"{table(rows)}\n\nFirst token: {cold * 1000:.0f} ms cold, {hit * 1000:.0f} ms from a known prefix."
    )
    if wish.out:
        wish.out.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
