"""The weights and the operations in an ONNX file, read without an ONNX library.

ONNX is a protobuf message (onnx.proto3 of onnx 1.16); field numbers below are from there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

Tensor = NDArray[Any]

# Message fields: ModelProto.graph; GraphProto.node and .initializer; NodeProto.
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_INPUT, _OUTPUT, _OPERATION = 1, 2, 4
# TensorProto fields.
_DIMS, _TYPE, _FLOATS, _INTS, _NAME, _RAW, _LOCATION = 1, 2, 4, 5, 8, 9, 14
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 2: np.dtype("u1"), 3: np.dtype("i1")}
_VARINT_BYTES = 10

_Field = int | memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxNode:
    """One operation of the graph, by the names of what it reads and writes."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """The operations of a graph and those of its weights that are float32, uint8 or int8."""

    nodes: list[OnnxNode] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)


def read_onnx(content: bytes) -> OnnxFile:
    """Return the graph in the bytes of an ONNX file.

    Raises: ModelError if they are damaged, or a weight stands in another file.
    """
    read = OnnxFile()
    try:
        for number, graph in _fields(memoryview(content)):
            if number == _GRAPH:
                _read_graph(cast(memoryview, graph), read)
    except (IndexError, struct.error, TypeError, ValueError) as error:
        raise ModelError(f"the ONNX file is damaged: {error}") from error
    if not read.nodes:
        raise ModelError("the ONNX file has no graph")
    return read


def _read_graph(graph: memoryview, read: OnnxFile) -> None:
    for number, value in _fields(graph):
        if number == _NODE:
            read.nodes.append(_node(cast(memoryview, value)))
        elif number == _INITIALIZER:
            name, tensor = _tensor(dict_of(cast(memoryview, value)))
            if tensor is not None:
                read.tensors[name] = tensor


def _node(message: memoryview) -> OnnxNode:
    parts = dict_of(message)
    operation = _texts(parts, _OPERATION)
    return OnnxNode(
        operation=operation[0] if operation else "",
        inputs=_texts(parts, _INPUT),
        outputs=_texts(parts, _OUTPUT),
    )


def _tensor(parts: dict[int, list[_Field]]) -> tuple[str, Tensor | None]:
    name = (_texts(parts, _NAME) or ("",))[0]
    dtype = _TYPES.get(_integers(parts, _TYPE)[0])
    if dtype is None:
        return name, None
    if any(_integers(parts, _LOCATION)):
        raise ModelError(f"the weight {name} stands in another file")
    return name, _values(parts, dtype).reshape(_integers(parts, _DIMS))


def _values(parts: dict[int, list[_Field]], dtype: np.dtype[Any]) -> Tensor:
    if _RAW in parts:
        return np.frombuffer(cast(memoryview, parts[_RAW][0]), dtype)
    if dtype.kind == "f":
        packed = b"".join(bytes(cast(memoryview, one)) for one in parts.get(_FLOATS, ()))
        return np.frombuffer(packed, dtype)
    return np.array(_integers(parts, _INTS), np.uint64).astype(dtype)


def dict_of(message: memoryview) -> dict[int, list[_Field]]:
    """Return the values of each field of a protobuf message by its number."""
    parts: dict[int, list[_Field]] = {}
    for number, value in _fields(message):
        parts.setdefault(number, []).append(value)
    return parts


def _texts(parts: dict[int, list[_Field]], number: int) -> tuple[str, ...]:
    return tuple(bytes(cast(memoryview, one)).decode() for one in parts.get(number, ()))


def _integers(parts: dict[int, list[_Field]], number: int) -> list[int]:
    """Return a repeated integer, whose values may stand alone or packed."""
    found: list[int] = []
    for value in parts.get(number, ()):
        found.extend([value] if isinstance(value, int) else _packed(value))
    return found


def _packed(values: memoryview) -> Iterator[int]:
    place = 0
    while place < len(values):
        value, place = _varint(values, place)
        yield value


def _fields(message: memoryview) -> Iterator[tuple[int, _Field]]:
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        size, place = _size(message, place, wire)
        if place + size > len(message):
            raise ValueError("it ends in the middle")
        yield number, message[place : place + size]
        place += size


def _size(message: memoryview, place: int, wire: int) -> tuple[int, int]:
    if wire == _COUNTED:
        return _varint(message, place)
    if wire in (_FOUR_BYTES, _EIGHT_BYTES):
        return 4 if wire == _FOUR_BYTES else 8, place
    raise ValueError(f"unknown wire type {wire}")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for count in range(_VARINT_BYTES):
        byte = message[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place + count + 1
    raise ValueError("a number is too long")
