"""How many KV pages there are room for, found out by doing the most that a step can do."""

import gc
from collections.abc import Callable

import torch

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.tensors.batch import Batch, Chunk

# Pages on a CPU share the memory with everything else, and nothing tells how much of it that needs.
CPU_PAGE_BYTES = 2 * 2**30


def count_pages(room_bytes: int, page_bytes: int, least: int, needed_by: str) -> int:
    """Return the pages that `room_bytes` hold.

    Raises: ModelError, saying how many bytes are missing, if they are fewer than `least`; `needed_by` says
    who needs them.
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
    """Return the bytes that pages may take of a GPU: `share` of all its memory, less what others hold, and
    less what this process held at its peak while `rehearse` did the most that a step can do."""
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
    """Return what is left of a device's share; negative if there is less than nothing."""
    return int(total_bytes * share) - others_bytes - peak_bytes


def largest_batch(settings: EngineSettings, context_tokens: int, device: torch.device) -> Batch:
    """Return a step of the most tokens behind the longest past, all in page 0, whatever it holds."""
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
