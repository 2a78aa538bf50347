"""Pages with holes, whose unwritten places poison their readers, and attention over them in float64."""

from dataclasses import dataclass

import torch

from llm.engine.seams.ops import AttentionRule
from llm.engine.tensors.batch import DecodeRows
from llm.engine.tensors.store import KvStream, dequantize, quantize
from llm.engine.tensors.stream_layout import StreamLayout

PAGE = 8


def poison(stream):
    """Fill a stream with what must never be seen."""
    if stream.scales is None:
        stream.payload.fill_(float("nan"))
    else:
        stream.payload.fill_(127)
        stream.scales.fill_(float("nan"))
    return stream


@dataclass
class Paged:
    """Two streams, the rows' tables, and each row's true contents in float64."""

    streams: tuple[KvStream, KvStream]
    rows: DecodeRows
    contents: list[list[torch.Tensor]]

    def slots(self, row):
        table, length = self.rows.pages[row].tolist(), int(self.rows.lengths[row])
        places = [table[place // self.page] * self.page + place % self.page for place in range(length)]
        return torch.tensor(places, device=self.rows.pages.device)

    @property
    def page(self):
        return self.streams[0].payload.shape[1]


def paged(layouts, lengths, dtype, int8, device="cpu", page=PAGE, seed=0, spare_columns=2) -> Paged:
    """Return random contents in shuffled pages; behind their end, the tables point at poison."""
    generator = torch.Generator().manual_seed(seed)
    counts = [-(-length // page) for length in lengths]
    num_pages = sum(counts) + 3
    order = torch.randperm(num_pages, generator=generator).tolist()
    left, right = (
        poison(KvStream(num_pages, page, layout, dtype, int8).to(torch.device(device))) for layout in layouts
    )
    width = max(counts) + spare_columns
    hole = order[-1]
    tables = []
    for count in counts:
        tables.append([order.pop(0) for _ in range(count)] + [hole] * (width - count))
    rows = DecodeRows(
        torch.arange(len(lengths), device=device),
        torch.tensor(tables, device=device),
        torch.tensor(lengths, device=device),
    )
    case = Paged((left, right), rows, [])
    for row, length in enumerate(lengths):
        slots = case.slots(row)
        states = [_fill(stream, slots, length, generator) for stream in case.streams]
        case.contents.append(states)
    return case


def _fill(stream, slots, length, generator):
    """Write random numbers without the code under test; return what the pages then hold, in float64."""
    layout = stream.layout
    values = torch.randn(length, layout.heads, layout.width, generator=generator).to(slots.device)
    if stream.scales is None:
        stream.payload.flatten(0, 1)[slots] = values.to(stream.dtype)
        return values.to(stream.dtype).double()
    numbers, scales = quantize(values, layout.group)
    stream.payload.flatten(0, 1)[slots], stream.scales.flatten(0, 1)[slots] = numbers, scales
    return dequantize(numbers, scales, torch.float64)


def attention64(query, keys, values, rule: AttentionRule):
    """One query `(h, d)` over keys `(L, k, d)`, head by head, in float64."""
    length, key_heads = keys.shape[:2]
    group = len(query) // key_heads
    output = []
    for head in range(len(query)):
        scores = keys[:, head // group] @ query[head].double() * rule.scaling
        scores[: 0 if rule.window is None else max(0, length - rule.window)] = float("-inf")
        if rule.sinks is not None:
            scores = torch.cat([scores, rule.sinks[head : head + 1].double()])
        output.append(scores.softmax(0)[:length] @ values[:, head // group])
    return torch.stack(output)


def error(found, expected):
    """The norm of the difference over the norm of what is expected."""
    return float((found.double() - expected).norm() / expected.norm())


def grouped(heads, width):
    return (StreamLayout(heads, width, width), StreamLayout(heads, width, width))


def latent(rank, rotary, group):
    return (StreamLayout(1, rank, group), StreamLayout(1, rotary, 0))
