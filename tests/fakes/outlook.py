"""Outlook messages made on the spot: a compound file (MS-CFB) of the properties of MS-OXMSG."""

import struct
from collections.abc import Mapping
from typing import TypeAlias

Storage: TypeAlias = "dict[str, bytes | Storage]"
_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_UNICODE, _BINARY, _INTEGER = 0x001F, 0x0102, 0x0003
# Smaller streams would need the second, finer allocation table.
_LEAST_STREAM = 4096


def outlook(subject: str, body: str, files: Mapping[str, bytes], sender: str = "ann@example.org") -> bytes:
    """Return a .msg file with these attachments."""
    root = _storage(32, {0x0037: subject, 0x1000: body, 0x0C1F: sender, 0x001A: "IPM.Note"})
    for number, (name, content) in enumerate(files.items()):
        attached = _storage(8, {0x3707: name, 0x370E: "application/octet-stream"})
        attached["__substg1.0_37010102"] = content
        stream = attached["__properties_version1.0"]
        assert isinstance(stream, bytes)
        flags = struct.pack("<HHIII", _INTEGER, 0x3705, 6, 1, 0)
        binary = struct.pack("<HHIII", _BINARY, 0x3701, 6, len(content), 0)
        attached["__properties_version1.0"] = stream + flags + binary
        root[f"__attach_version1.0_#{number:08X}"] = attached
    return _compound(root)


def _storage(header: int, texts: Mapping[int, str]) -> Storage:
    properties = bytes(header)
    streams: Storage = {}
    for number, text in texts.items():
        value = text.encode("utf-16-le")
        streams[f"__substg1.0_{number:04X}001F"] = value
        properties += struct.pack("<HHIII", _UNICODE, number, 6, len(value) + 2, 0)
    return {"__properties_version1.0": properties, **streams}


def _compound(root: Storage) -> bytes:
    entries: list[bytearray] = []
    chains: list[bytes] = []
    _enter("Root Entry", root, entries, chains, 5)
    directory = b"".join(entries)
    chains.append(directory + bytes(-len(directory) % _SECTOR))
    counts = [len(chain) // _SECTOR for chain in chains]
    tables = 1
    while (sum(counts) + tables) * 4 > tables * _SECTOR:
        tables += 1
    fat = [_FAT] * tables
    for count in counts:
        start = len(fat)
        fat += [*range(start + 1, start + count), _END]
    fat += [_FREE] * (tables * _SECTOR // 4 - len(fat))
    first = tables + sum(counts[:-1])
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 62, 3, 0xFFFE, 9, 6,
        0, tables, first, 0, _LEAST_STREAM, _END, 0, _END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    body = struct.pack(f"<{len(fat)}I", *fat) + b"".join(chains)
    # Where each stream begins was written as the number of sectors before it; the tables come first.
    return header + _placed(body, tables, first, len(entries))


def _enter(
    name: str, held: "bytes | Storage", entries: list[bytearray], chains: list[bytes], kind: int
) -> None:
    """Write an entry; the members of a storage follow it, each the right neighbour of the one before."""
    entry = bytearray(128)
    entries.append(entry)
    raw = name.encode("utf-16-le")
    struct.pack_into("<64sHBBIII", entry, 0, raw, len(raw) + 2, kind, 1, _FREE, _FREE, _FREE)
    if isinstance(held, bytes):
        content = held.ljust(_LEAST_STREAM, b"\0")
        struct.pack_into("<IQ", entry, 116, sum(map(len, chains)) // _SECTOR, len(content))
        chains.append(content + bytes(-len(content) % _SECTOR))
        return
    struct.pack_into("<IQ", entry, 116, _END, 0)
    before: bytearray | None = None
    for inner, member in held.items():
        struct.pack_into(
            "<I", entry if before is None else before, 76 if before is None else 72, len(entries)
        )
        before = bytearray()
        at = len(entries)
        _enter(inner, member, entries, chains, 2 if isinstance(member, bytes) else 1)
        before = entries[at]


def _placed(body: bytes, tables: int, directory: int, count: int) -> bytes:
    data = bytearray(body)
    for number in range(count):
        at = directory * _SECTOR + number * 128
        if data[at + 66] == 2:
            (start,) = struct.unpack_from("<I", data, at + 116)
            struct.pack_into("<I", data, at + 116, start + tables)
    return bytes(data)
