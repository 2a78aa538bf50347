"""YAML that other people wrote: data only, without aliases, of limited size and depth.

An alias of a few bytes can stand for gigabytes; a key that stands twice has two meanings.
No other module reads YAML.
"""

import re
from typing import Any

import yaml

from core.errors import ParseError

# Rules and front matter are lists inside a mapping; nobody nests them further than this by hand.
_DEEPEST = 12
_LARGEST = 2**63
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class _PlainLoader(yaml.SafeLoader):
    """Refuses aliases, merged mappings, repeated keys and deep nesting while the nodes are made."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ParseError("it uses an alias (*name); write the value out")
        if self._depth >= _DEEPEST:
            raise ParseError(f"it is nested more than {_DEEPEST} deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise ParseError("it merges mappings (<<); write the keys out")
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise ParseError(f"the key {key.value[:50]!r} stands in it twice")
                seen.add((key.tag, key.value))
        return node

    def construct_yaml_str(self, node: Any) -> Any:
        text = super().construct_yaml_str(node)
        if _NOT_TEXT.search(text):
            raise ParseError("it names a character that no text has")
        return text

    def construct_yaml_int(self, node: Any) -> Any:
        number = super().construct_yaml_int(node)
        if abs(number) > _LARGEST:
            raise ParseError("a number in it is too large")
        return number


_PlainLoader.add_constructor("tag:yaml.org,2002:str", _PlainLoader.construct_yaml_str)
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.construct_yaml_int)
# What the YAML library raises besides its own errors: for an impossible date, for `!!bool perhaps`.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    yaml.YAMLError,
)


def read_yaml(text: str, most_chars: int) -> Any:
    """Return the data of a YAML document.

    Raises: ParseError in one line if it is longer than the limit, uses what is refused, or is malformed.
    """
    if len(text) > most_chars:
        raise ParseError(f"it is longer than {most_chars:,} characters")
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506  (a kind of SafeLoader)
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParseError(f"it is not YAML{where}: {error.problem}") from error
    except _BROKEN as error:
        raise ParseError(f"it is not YAML: {' '.join(str(error).split())[:200]}") from error
