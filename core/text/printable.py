"""Text as a terminal may show it: no character of a document or a file name can steer the terminal.

Control characters can move the cursor or colour what follows, and marks of direction can turn the order of
what is read around ("Trojan Source", CVE-2021-42574). They are shown as escapes instead.
"""

import json
import re
from typing import Any

# Invisible and harmless: they only choose the direction of the characters beside them.
_SILENT = re.compile("[\u061c\u200e\u200f]")
# Controls of both sets without line break and tab, line and paragraph separators, embeddings, overrides,
# isolates, deprecated format characters, unpaired surrogates, and tags.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """Return text without marks of direction, its other steering characters as escapes such as `\\u202e`."""
    return _STEERING.sub(_escaped, _SILENT.sub("", text.replace("\r\n", "\n")))


def printable_json(value: Any, **options: Any) -> str:
    """Return one line of JSON with every steering character escaped, which changes nothing of its meaning.

    `options` are those of `json.dumps`.
    """
    line = json.dumps(value, **{"ensure_ascii": False, **options})
    return _STEERING.sub(_json_escaped, _SILENT.sub(_json_escaped, line))


def _escaped(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _json_escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
