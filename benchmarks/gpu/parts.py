"""Phases of single parts: kernels beside library functions, embedder and reranker, exact dense search."""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import BertConfig, BertForSequenceClassification

from benchmarks.gpu.bench import Bench, Figure
from core.settings import LlmSettings
from llm.batches import reading_dtype
from llm.embedding.folder import BUILT_IN, embedder_folder
from llm.embedding.opening import DeferredEmbedder
from llm.engine.seams.choice import choose_seams
from llm.engine.seams.experts import expert_layers, torch_experts
from llm.engine.seams.ops import AttentionOps, AttentionRule, TorchOps
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvStream
from llm.reranking import cross_encoder
from retrieval.dense.rows import Allowed
from retrieval.dense.torch_structure import TorchRows

_PAGE = 32
_ROUNDS = 20
_DIMENSION = 384
_CHUNK = "The pump runs at 6 bar and is checked every week by two people who sign the list beside the door. "


def kernels(bench: Bench) -> Iterator[Figure]:
    """Each kernel beside the library's function, and over the speed of a copy."""
    for shape in bench.shapes:
        yield from _attention(bench, shape)
        yield from _experts(bench, shape)


def _attention(bench: Bench, shape: str) -> Iterator[Figure]:
    """One layer's decoding, plain and INT8."""
    extent = bench.extent
    layout = bench.layout(shape)
    pair = layout.layers[max(layout.layers)]
    latent = pair[0].heads == 1 and pair[0].width != pair[1].width
    heads = bench.shapes[shape].num_attention_heads
    for batch in extent.batches:
        taken: dict[bool, float] = {}
        for int8 in (False, True):
            pages = -(-extent.context // _PAGE)
            streams = [
                KvStream(batch * pages, _PAGE, one, layout.dtype, int8).to(bench.device) for one in pair
            ]
            order = torch.randperm(batch * pages, device=bench.device).view(batch, pages)
            lengths = torch.full((batch,), extent.context, device=bench.device)
            rows = DecodeRows(torch.arange(batch, device=bench.device), order, lengths)
            width = pair[0].width + (pair[1].width if latent else 0)
            query = torch.randn(batch, heads, width, dtype=layout.dtype, device=bench.device)
            ours, theirs = (
                seconds(bench, partial(_attend, ops, latent, query, streams, rows))
                for ops in (choose_seams("auto", bench.device).attention, TorchOps())
            )
            taken[int8] = ours
            limit = sum(stream.num_bytes for stream in streams) / bench.bandwidth
            what = f"{shape} decode attention, batch {batch} x {extent.context}{', INT8' if int8 else ''}"
            note = f"{ours * 1e6:.0f} us, {limit / ours:.2f} of the copy's speed"
            yield Figure(what=f"{what}: torch's time over ours", value=theirs / ours, unit="x", note=note)
        bars = (0.70, 0.58) if batch >= 64 and extent.context >= 2048 else (None, None)
        what = f"{shape} decode attention, batch {batch}: INT8 over plain time"
        yield Figure(
            what=what, value=taken[True] / taken[False], unit="", floor=bars[0], aim=bars[1], at_most=True
        )


def _attend(
    ops: AttentionOps, latent: bool, query: Tensor, streams: list[KvStream], rows: DecodeRows
) -> Tensor:
    attend = ops.attend_latents if latent else ops.attend_pages
    return attend(query, streams[0], streams[1], rows, AttentionRule(query.shape[-1] ** -0.5))


def _experts(bench: Bench, shape: str) -> Iterator[Figure]:
    """One layer's experts beside the grouped product."""
    config, experts = bench.shapes[shape], expert_layers(bench.model(shape))[-1]
    ours_of = choose_seams("auto", bench.device).experts
    dtype, count = experts.down_proj.dtype, len(experts.down_proj)
    for batch in bench.extent.batches:
        hidden = torch.randn(batch, config.hidden_size, dtype=dtype, device=bench.device)
        chosen = torch.rand(batch, count, device=bench.device).topk(config.num_experts_per_tok).indices
        weights = torch.rand(chosen.shape, device=bench.device)
        with torch.no_grad():
            ours, theirs = (
                seconds(bench, partial(way, experts, hidden, chosen, weights))
                for way in (ours_of, torch_experts)
            )
        read = len(chosen.unique()) * (experts.gate_up_proj[0].nbytes + experts.down_proj[0].nbytes)  # type: ignore[no-untyped-call]
        bars = (1.2, 2.0) if batch <= 64 else (None, None)
        note = f"{ours * 1e6:.0f} us, {read / bench.bandwidth / ours:.2f} of the copy's speed"
        yield Figure(
            what=f"{shape} experts, batch {batch}: grouped product's time over ours",
            value=theirs / ours,
            unit="x",
            floor=bars[0],
            aim=bars[1],
            note=note,
        )


def encoders(bench: Bench) -> Iterator[Figure]:
    """Embedder and reranker on the same device."""
    texts = [f"{_CHUNK * 8}{number}" for number in range(bench.extent.texts)]
    settings = LlmSettings(
        device=bench.device.type, dtype="bfloat16" if bench.device.type == "cuda" else "auto"
    )
    embedder = DeferredEmbedder(settings)
    embedder.embed(texts[:64])
    with bench.clock() as taken:
        embedder.embed(texts)
    tokens = len(embedder.tokenizer.ids(texts[:1])[0])
    yield Figure(
        what="embedder (all-MiniLM-L6-v2)",
        value=len(texts) / taken[0],
        unit="chunks/s",
        note=f"{tokens:.0f} tokens each",
    )
    with tempfile.TemporaryDirectory() as folder:
        _write_reranker(Path(folder), settings)
        reranker = cross_encoder.load(settings.model_copy(update={"reranker": folder}))
    reranker.scores("How often is the pump checked?", texts[:64])
    with bench.clock() as taken:
        reranker.scores("How often is the pump checked?", texts)
    yield Figure(
        what="reranker (MiniLM-L6's shape, random weights)", value=len(texts) / taken[0], unit="pairs/s"
    )


def _write_reranker(folder: Path, settings: LlmSettings) -> None:
    source = embedder_folder(BUILT_IN).path
    config = BertConfig.from_pretrained(source, local_files_only=True, num_labels=1)
    BertForSequenceClassification(config).to(reading_dtype(settings)).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())


def dense(bench: Bench) -> Iterator[Figure]:
    """Exact search over all vectors, one question at a time, over what reading them once takes."""
    count = bench.extent.vectors
    rows = TorchRows(_DIMENSION, bench.device.type)
    generator = np.random.default_rng(0)
    for start in range(0, count, 250_000):
        made = generator.standard_normal((min(250_000, count - start), _DIMENSION), dtype=np.float32)
        rows.replace(np.empty(0, np.int64), made / np.linalg.norm(made, axis=1, keepdims=True))
    everything = Allowed(np.full(-(-count // 8), 255, np.uint8), count)
    question = generator.standard_normal(_DIMENSION, dtype=np.float32)
    taken = seconds(bench, lambda: rows.nearest(question, everything, 10))
    limit = rows._rows[:count].nbytes / bench.bandwidth
    note = f"{taken * 1e3:.2f} ms, {limit * 1e3:.2f} ms at the copy's speed"
    yield Figure(
        what=f"exact search over {count} x {_DIMENSION}: limit over time",
        value=limit / taken,
        unit="",
        note=note,
    )
    rows.close()


def seconds(bench: Bench, work: Callable[[], Any]) -> float:
    """Return the median seconds of some calls, the first of which compiles and does not count."""
    work()
    times = []
    for _ in range(_ROUNDS if bench.extent.repeats > 1 else 1):
        with bench.clock() as taken:
            work()
        times.append(taken[0])
    return statistics.median(times)
