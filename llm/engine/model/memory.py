"""The number of KV pages that fit into memory, measured by running the largest step."""

import gc
from collections.abc import Callable

import torch

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.tensors.batch import Batch, Chunk

# On a CPU, pages share the memory with other programs, whose needs are unknown.
CPU_PAGE_BYTES = 2 * 2**30


def count_pages(room_bytes: int, page_bytes: int, least: int, needed_by: str) -> int:
    """Return the number of pages that fit into `room_bytes`.

    Raises: ModelError, which names the missing bytes and `needed_by`, if that is fewer than `least`.
    """
    pages = max(0, room_bytes) // page_bytes
    if pages < least:
        missing = least * page_bytes - room_bytes
        raise ModelError(
            f"{pages} KV pages are too few for {needed_by}: {missing} bytes more are needed, "
            "or fewer sequences"
        )
    return pages


def room_on_gpu(device: torch.device, share: float, rehearse: Callable[[], object]) -> int:
    """Return the bytes of a GPU that pages may take.

    That is `share` of all its memory, less what other processes hold, and less this process's peak while
    `rehearse` ran the largest step.
    """
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    rehearse()
    torch.cuda.synchronize(device)
    peak = torch.cuda.max_memory_reserved(device)
    free, total = torch.cuda.mem_get_info(device)
    others = total - free - torch.cuda.memory_reserved(device)
    gc.collect()
    torch.cuda.empty_cache()
    return room_left(total, share, others, peak)


def room_left(total_bytes: int, share: float, others_bytes: int, peak_bytes: int) -> int:
    """Return the bytes left of a device's share; negative if it is exceeded."""
    return int(total_bytes * share) - others_bytes - peak_bytes


def largest_batch(settings: EngineSettings, context_tokens: int, device: torch.device) -> Batch:
    """Return a step of the most tokens behind the longest past; every token is read from page 0."""
    tokens = min(settings.max_step_tokens, context_tokens)

    def zeros(*shape: int) -> torch.Tensor:
        return torch.zeros(shape, dtype=torch.int64, device=device)

    pages = zeros(1, -(-context_tokens // settings.page_tokens))
    chunk = Chunk(start=0, stop=tokens, past=context_tokens - tokens, pages=pages)
    positions = torch.arange(context_tokens - tokens, context_tokens, device=device)[None]
    sampled = zeros(min(settings.max_sequences, tokens))
    return Batch(
        tokens=zeros(1, tokens),
        positions=positions,
        slots=zeros(tokens),
        decode=None,
        chunks=(chunk,),
        sampled=sampled,
    )
