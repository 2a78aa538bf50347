"""What embedders and pair encoders share: batches of rows of similar length, numeric type, whole weights."""

from collections.abc import Iterable, Iterator, Sequence

import torch

from core.errors import ModelError
from core.settings import LlmSettings

# Padded tokens of one forward pass if the settings name no number. A CPU is as fast with 1024 as with
# 4096, and small batches hold less padding; a GPU needs large batches to be busy.
_TOKENS_ON_CPU, _TOKENS_ON_GPU = 1024, 16_384


# A layer behind the states of the tokens, which an embedder does not use; many folders leave it out.
_UNUSED = "pooler."


def check_complete(missing: Iterable[str], model: str) -> None:
    """Refuse weights that a folder lacks, which transformers would fill with random numbers.

    Raises: ModelError if there are any beside those of an embedder's unused pooler.
    """
    needed = sorted(name for name in missing if not name.startswith(_UNUSED))
    if needed:
        others = f" and {len(needed) - 1} others" if len(needed) > 1 else ""
        raise ModelError(f"{model} lacks the weight {needed[0]}{others}; it cannot be used")


def by_length(lengths: Sequence[int], batch_tokens: int, tokens_step: int = 1) -> Iterator[list[int]]:
    """Yield the positions of `lengths` in batches of at most `batch_tokens` padded tokens, longest first.

    Rows are padded up to a multiple of `tokens_step`; a batch holds at least one.
    """
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * rounded(lengths[batch[0]], tokens_step) > batch_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def padded_shape(lengths: Sequence[int], batch_tokens: int, steps: tuple[int, int]) -> tuple[int, int]:
    """Return the shape, rows and tokens, to which a batch of `by_length` is padded.

    `steps` are the multiples to which rows and tokens are rounded up. A full batch gets no empty rows,
    because all full batches of one length have the same shape anyway.
    """
    rows_step, tokens_step = steps
    tokens = rounded(max(lengths), tokens_step)
    full = batch_tokens // tokens
    return max(len(lengths), min(full, rounded(len(lengths), rows_step))), tokens


def rounded(size: int, step: int) -> int:
    """Return `size` rounded up to a multiple of `step`; a size of 1 stays 1."""
    return 1 if size == 1 else -(-size // step) * step


def reading_tokens(settings: LlmSettings) -> int:
    """Return how many padded tokens the embedder and the reranker compute at once."""
    return settings.batch_tokens or (_TOKENS_ON_CPU if settings.device == "cpu" else _TOKENS_ON_GPU)


def reading_dtype(settings: LlmSettings) -> torch.dtype:
    """Return the numeric type of the embedder and the reranker: bfloat16 if the device supports it."""
    if settings.dtype != "auto":
        return torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32
    on_cpu = settings.device == "cpu"
    return torch.bfloat16 if not on_cpu or torch.cpu._is_avx512_bf16_supported() else torch.float32
