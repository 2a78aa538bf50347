"""Decoding steps as recorded graphs: one launch instead of a thousand.

A graph replays the same kernels on the same addresses. So each batch size has a recording of its own,
and a step's inputs are copied to the addresses that its recording reads. A batch between two sizes is
padded with rows that read and write one page that no sequence uses. Prompts, and batches under an
adapter, are computed without a recording.
"""

from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

import torch
from torch import Tensor

from llm.engine.model.runner import Forward
from llm.engine.tensors.batch import Batch, DecodeRows

Compute = Callable[[], Tensor]
# The first compiles kernels, the second allocates the libraries' workspaces; neither may be recorded.
_WARM_UPS = 2


class Recorder(Protocol):
    """Makes a computation repeatable without its host code."""

    def record(self, compute: Compute) -> Compute:
        """Return a replay of `compute` that reads and writes the same memory and returns the same tensor."""
        ...


class CudaRecorder:
    """Records CUDA graphs, which share their memory: only one of them runs at a time."""

    def __init__(self) -> None:
        self._graphs: WeakSet[torch.cuda.CUDAGraph] = WeakSet()

    def record(self, compute: Compute) -> Compute:
        """Warm up on a separate stream, as CUDA graphs require, then record."""
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                compute()
        torch.cuda.current_stream().wait_stream(stream)
        graph, alive = torch.cuda.CUDAGraph(), next(iter(self._graphs), None)
        # The memory of recordings goes with the last of them, as after a rehearsal, and cannot be had again.
        pool = torch.cuda.graph_pool_handle() if alive is None else alive.pool()
        # Other threads, such as the embedder's, may use the device meanwhile.
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            output = compute()
        self._graphs.add(graph)

        def replay() -> Tensor:
            graph.replay()
            return output

        return replay


def bucket_sizes(most: int) -> tuple[int, ...]:
    """Return the batch sizes to record: the powers of two below `most`, and `most`."""
    sizes = [1]
    while sizes[-1] * 2 < most:
        sizes.append(sizes[-1] * 2)
    return (*sizes, most) if most > 1 else (1,)


class RecordedForward:
    """Computes decoding batches by replaying recordings, all other batches by `forward`."""

    def __init__(
        self, forward: Forward, recorder: Recorder, most_rows: int, most_pages: int, page_tokens: int
    ) -> None:
        self._forward = forward
        self._recorder = recorder
        self._most = most_rows, most_pages
        self._page_tokens = page_tokens
        self._replays: dict[int, Compute] = {}
        self._inputs: Batch | None = None

    def record(self, trash_page: int, device: torch.device) -> None:
        """Record every size, the largest first, so that the others fit into its memory.

        `trash_page` is a page that no sequence uses.
        """
        self._trash = trash_page
        self._inputs = _empty_inputs(*self._most, device)
        for rows in reversed(bucket_sizes(self._most[0])):
            batch = self._fill(None, rows)
            self._replays[rows] = self._recorder.record(lambda batch=batch: self._forward(batch))  # type: ignore[misc]

    def __call__(self, batch: Batch) -> Tensor:
        """Return the batch's logits; they are valid until the next call."""
        rows = 0 if batch.decode is None or batch.chunks or batch.adapter else len(batch.slots)
        size = next((size for size in sorted(self._replays) if size >= rows), 0)
        if not (rows and size):
            return self._forward(batch)
        self._fill(batch, size)
        logits = self._replays[size]()
        return logits[batch.sampled] if len(batch.sampled) < rows else logits[:rows]

    def _fill(self, batch: Batch | None, size: int) -> Batch:
        """Copy a batch, and padding behind it, into the recorded inputs; return their first `size` rows."""
        assert self._inputs is not None
        view = _first(self._inputs, size)
        assert view.decode is not None
        rows = 0
        if batch is not None and batch.decode is not None:
            rows, width = batch.decode.pages.shape
            view.tokens[:, :rows].copy_(batch.tokens)
            view.positions[:, :rows].copy_(batch.positions)
            view.slots[:rows].copy_(batch.slots)
            view.decode.lengths[:rows].copy_(batch.decode.lengths)
            # Columns from `width` on are never read: no row is that long.
            view.decode.pages[:rows, :width].copy_(batch.decode.pages)
        if rows < size:
            view.tokens[:, rows:].zero_()
            view.positions[:, rows:].zero_()
            view.slots[rows:].fill_(self._trash * self._page_tokens)
            view.decode.lengths[rows:].fill_(1)
            view.decode.pages[rows:, 0].fill_(self._trash)
        return view


def _empty_inputs(rows: int, pages: int, device: torch.device) -> Batch:
    """Return a decoding batch of zeros, whose memory the recordings read."""

    def zeros(*shape: int) -> Tensor:
        return torch.zeros(shape, dtype=torch.int64, device=device)

    places = torch.arange(rows, device=device)
    decode = DecodeRows(places, zeros(rows, pages), zeros(rows))
    return Batch(
        tokens=zeros(1, rows),
        positions=zeros(1, rows),
        slots=zeros(rows),
        decode=decode,
        chunks=(),
        sampled=places,
    )


def _first(batch: Batch, rows: int) -> Batch:
    """Return the first rows of a decoding batch, as views of the same memory."""
    assert batch.decode is not None
    decode = DecodeRows(batch.decode.index[:rows], batch.decode.pages[:rows], batch.decode.lengths[:rows])
    return Batch(
        tokens=batch.tokens[:, :rows],
        positions=batch.positions[:, :rows],
        slots=batch.slots[:rows],
        decode=decode,
        chunks=(),
        sampled=batch.sampled[:rows],
    )
