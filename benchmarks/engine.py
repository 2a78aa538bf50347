"""The engine beside plain `generate` in static batches and transformers' continuous batching, on a CPU.

    python -m benchmarks.engine [--requests N] [--threads N] [--out FILE.json]

Models have random weights in small but true shapes. Every way answers the same requests greedily and must
give the same tokens if it computes in float32. Compare ways within one run only: the machine is shared.
"""

import argparse
import json
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, DeepseekV3Config, PreTrainedModel, Qwen3MoeConfig
from transformers.generation import ContinuousBatchingConfig, GenerationConfig

from core.settings import EngineSettings
from llm.engine.build import build_engine
from llm.engine.model.attention import detach
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Sequence

VOCABULARY = 4096
SHARED_TOKENS = 256
STATIC_BATCH = 16
_COMMON = {
    "vocab_size": VOCABULARY, "hidden_size": 256, "num_hidden_layers": 6, "max_position_embeddings": 4096,
    "moe_intermediate_size": 128, "num_experts_per_tok": 4, "eos_token_id": None, "bos_token_id": None,
    "pad_token_id": None, "tie_word_embeddings": True, "initializer_range": 0.06,
}  # fmt: skip
SHAPES = {
    "Qwen3-MoE": Qwen3MoeConfig(
        **_COMMON, num_attention_heads=8, num_key_value_heads=2, head_dim=64, num_experts=16,
        intermediate_size=512,
    ),
    "DeepSeek-V3": DeepseekV3Config(
        **_COMMON, num_attention_heads=8, num_key_value_heads=8, kv_lora_rank=128, q_lora_rank=None,
        qk_nope_head_dim=64, qk_rope_head_dim=32, v_head_dim=64, n_routed_experts=16, n_shared_experts=1,
        n_group=1, topk_group=1, first_k_dense_replace=1, intermediate_size=512,
    ),
}  # fmt: skip

Tokens = list[int]
Job = tuple[Tokens, int]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The speed of one way of running a model."""

    shape: str
    way: str
    tokens_per_second: float  # of the answers
    seconds: float
    equal: str  # how many answers equal those of static `generate`
    note: str = ""


def jobs(count: int, seed: int = 0, vocabulary: int = VOCABULARY) -> list[Job]:
    """Return prompts that share a prefix, with answers of mixed lengths."""
    generator = torch.Generator().manual_seed(seed)

    def draw(length: int) -> Tokens:
        return torch.randint(1, vocabulary, (length,), generator=generator).tolist()

    def lengths(least: int, most: int) -> Tokens:
        return torch.randint(least, most + 1, (count,), generator=generator).tolist()

    shared = draw(SHARED_TOKENS)
    return [(shared + draw(own), new) for own, new in zip(lengths(8, 128), lengths(8, 96), strict=True)]


def static_batches(model: PreTrainedModel, work: list[Job]) -> list[Tokens]:
    """`generate` over batches in order of arrival, padded on the left; each runs to its longest answer."""
    answers = []
    for start in range(0, len(work), STATIC_BATCH):
        batch = work[start : start + STATIC_BATCH]
        width = max(len(prompt) for prompt, _ in batch)
        tokens = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt, _ in batch])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt, _ in batch])
        tokens, mask = tokens.to(model.device), mask.to(model.device)
        output = model.generate(
            tokens,
            attention_mask=mask,
            max_new_tokens=max(new for _, new in batch),
            do_sample=False,
            pad_token_id=0,
        )
        answers += [output[row, width : width + new].tolist() for row, (_, new) in enumerate(batch)]
    return answers


# 5.17 calls the tokens of a page its block size.
_PAGE_FIELD = "page_size" if "page_size" in ContinuousBatchingConfig.__dataclass_fields__ else "block_size"


def continuous_batching(model: PreTrainedModel, work: list[Job]) -> list[Tokens]:
    """Transformers' own continuous batching, with its prefix sharing."""
    before = model.config._attn_implementation
    manager = model.init_continuous_batching(
        generation_config=GenerationConfig(
            do_sample=False, eos_token_id=-1, pad_token_id=0, max_new_tokens=96
        ),
        continuous_batching_config=ContinuousBatchingConfig(
            num_blocks=1024, max_batch_tokens=1024, **{_PAGE_FIELD: 32}
        ),
    )
    manager.start()
    try:
        for number, (prompt, new) in enumerate(work):
            manager.add_request(prompt, request_id=str(number), max_new_tokens=new)
        answers: dict[int, Tokens] = {}
        while len(answers) < len(work):
            result = manager.get_result(timeout=60)
            if result is None or result.error:
                raise RuntimeError(result.error if result else "no result within a minute")
            if result.is_finished():
                answers[int(result.request_id)] = list(result.generated_tokens)
    finally:
        manager.stop(block=True)
        model.destroy_cached_continuous_batching_manager()
        model.set_attn_implementation(before)
    return [answers[number] for number in range(len(work))]


def paged(**changes: Any) -> Callable[[PreTrainedModel, list[Job]], list[Tokens]]:
    """The engine, with settings changed as named."""

    def answer(model: PreTrainedModel, work: list[Job]) -> list[Tokens]:
        engine = build_engine(model, EngineSettings(pages=1024, max_step_tokens=1024, **changes))
        answers: list[Tokens] = [[] for _ in work]
        for number, (prompt, new) in enumerate(work):
            request = GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=new))
            engine.scheduler.add(Sequence(number, request, float(number)))
        while engine.scheduler.sequences:
            for event in engine.step(0.0):
                answers[event.number] += event.delta.tokens
        detach(model)
        return answers

    return answer


WAYS: dict[str, Callable[[PreTrainedModel, list[Job]], list[Tokens]]] = {
    "static generate": static_batches,
    "transformers continuous batching": continuous_batching,
    "engine, no sharing": paged(share_prefixes=False),
    "engine": paged(),
    "engine, INT8 KV": paged(kv_dtype="int8"),
}


def compare(shape: str, model: PreTrainedModel, count: int) -> list[Measured]:
    """Return every way's speed over the same requests."""
    work, reference, rows = jobs(count), None, []
    for way, answer in WAYS.items():
        try:
            answer(model, jobs(2, seed=1))
            start = time.perf_counter()
            answers = answer(model, work)
        except RuntimeError as error:
            rows.append(
                Measured(
                    shape=shape,
                    way=way,
                    tokens_per_second=0.0,
                    seconds=0.0,
                    equal="0",
                    note=f"fails: {str(error).splitlines()[0][:90]}",
                )
            )
            continue
        seconds = time.perf_counter() - start
        reference = reference or answers
        equal = sum(left == right for left, right in zip(answers, reference, strict=True))
        rows.append(
            Measured(
                shape=shape,
                way=way,
                tokens_per_second=sum(new for _, new in work) / seconds,
                seconds=seconds,
                equal=f"{equal}/{count}",
            )
        )
    return rows


def first_token_seconds(model: PreTrainedModel, repeats: int = 5) -> tuple[float, float]:
    """Return the median time to the first token of 1,056 tokens: cold, and with 1,024 in a shared prefix."""
    engine = build_engine(model, EngineSettings(pages=1024, max_step_tokens=2048))
    generator = torch.Generator().manual_seed(2)
    number = 0
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        shared = torch.randint(1, VOCABULARY, (1024,), generator=generator).tolist()
        for measured in times:
            prompt = (*shared, *torch.randint(1, VOCABULARY, (32,), generator=generator).tolist())
            engine.scheduler.add(
                Sequence(
                    number, GenerationRequest(prompt=prompt, sampling=Sampling(max_tokens=1)), float(number)
                )
            )
            start = time.perf_counter()
            while engine.scheduler.sequences:
                engine.step(0.0)
            measured.append(time.perf_counter() - start)
            number += 1
    detach(model)
    cold, hit = (sorted(measured)[repeats // 2] for measured in times)
    return cold, hit


def table(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = ["| shape | way | tokens/s | over static | equal answers | |", "|---|---|---|---|---|---|"]
    for row in report["throughput"]:
        static = next(one for one in report["throughput"] if one["shape"] == row["shape"])
        ratio = row["tokens_per_second"] / static["tokens_per_second"]
        lines.append(
            f"| {row['shape']} | {row['way']} | {row['tokens_per_second']:.0f} | {ratio:.2f} "
            f"| {row['equal']} | {row['note']} |"
        )
    lines += ["", "| shape | first token cold | prefix hit | hit over cold |", "|---|---|---|---|"]
    for shape, (cold, hit) in report["first_token_seconds"].items():
        lines.append(f"| {shape} | {cold * 1000:.0f} ms | {hit * 1000:.0f} ms | {hit / cold:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print a table, and write the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=48)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--out", type=Path)
    wish = arguments.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(wish.threads)
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(), "processor": platform.processor() or platform.machine(),
        "threads": wish.threads, "requests": wish.requests, "torch": torch.__version__,
        "transformers": transformers.__version__, "throughput": [], "first_token_seconds": {},
    }  # fmt: skip
    for shape, config in SHAPES.items():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        report["throughput"] += [asdict(row) for row in compare(shape, model, wish.requests)]
        report["first_token_seconds"][shape] = first_token_seconds(model)
    print(table(report))
    if wish.out:
        wish.out.write_text(json.dumps(report, indent=1))
        wish.out.with_suffix(".md").write_text(table(report) + "\n")


if __name__ == "__main__":
    main()
