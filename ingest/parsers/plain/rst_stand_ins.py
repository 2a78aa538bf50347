"""Stand-ins for directives and roles that docutils does not know, which keep their text."""

import re
from collections.abc import Callable
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

_DIRECTIVE = re.compile(r"^[ \t]*\.\. (?:\|[^|\n]+\| )?([A-Za-z][\w:.+-]{0,60})::(?:\s|$)", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w:.+-]{0,60}):`|`:([A-Za-z][\w:.+-]{0,60}):")
# A registration lasts as long as the process; a hostile file must not fill the memory.
_MAX_NEW_NAMES = 50
# Lists of pages and other orders to the program that builds the pages; no reader sees them.
_ORDERS = frozenset(
    (
        "toctree index highlight default-domain currentmodule module sectionauthor codeauthor tabularcolumns"
    ).split()
) | frozenset("include literalinclude raw image meta title contents sectnum image-map bibliography".split())
_CODE = frozenset("code code-block sourcecode prompt parsed-literal productionlist".split())
# The labels that a reader sees in front of Sphinx's notes.
_LABELS = {
    "seealso": "See also",
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
# Roles whose text is an address for the program that builds the pages.
_SILENT_ROLES = frozenset({"link_to_translation", "index"})
_EXPLICIT_TITLE = re.compile(r"^(.+?)\s*(?<!\\)<([^<>]*)>$", re.DOTALL)

_RoleResult = tuple[list[Any], list[Any]]


def register_for(source: str) -> None:
    """Register a stand-in for every directive and role in `source` that docutils does not know."""
    unknown = [name for name in _names(_DIRECTIVE, source) if name in _CODE or name not in en.directives]
    for name in unknown[:_MAX_NEW_NAMES]:
        directives.register_directive(name, _stand_in(name))
    for name in [name for name in _names(_ROLE, source) if name not in en.roles][:_MAX_NEW_NAMES]:
        roles.register_local_role(name, _silent_role if name in _SILENT_ROLES else _text_role)


def _names(pattern: re.Pattern[str], source: str) -> list[str]:
    found = {group.lower() for match in pattern.finditer(source) for group in match.groups() if group}
    return sorted(found)


def _stand_in(name: str) -> type[Directive]:
    if name in _ORDERS:
        return _Silent
    return _Code if name in _CODE else _Container


def _as_it_is(argument: str | None) -> str:
    return argument or ""


class _AnyOption(dict[str, Callable[[str], Any]]):
    """Accepts every option of a directive as text."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: str) -> Callable[[str], Any]:
        return _as_it_is

    def get(self, key: str, default: Any = None) -> Any:
        return _as_it_is


class _Lenient(Directive):  # type: ignore[misc]  # its stub says no more than Any
    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOption()


class _Silent(_Lenient):
    def run(self) -> list[nodes.Node]:
        return []


class _Code(_Lenient):
    def run(self) -> list[nodes.Node]:
        if not self.content:
            return []
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text)]


class _Container(_Lenient):
    """Keeps a directive's content, and its argument if that is a label for the reader."""

    def run(self) -> list[nodes.Node]:
        container = nodes.container()
        label = " ".join([_LABELS[self.name], *self.arguments]) if self.name in _LABELS else ""
        if label:
            container += nodes.paragraph("", label + ":" if self.content else label)
        elif self.arguments and self.name in ("rubric", "topic", "tab", "tab-item", "dropdown", "centered"):
            container += nodes.paragraph("", self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, container, match_titles=True)
        return [container]


def _text_role(_name: str, rawtext: str, text: str, *_: Any) -> _RoleResult:
    """Return a cross reference as its title, or as its target if it has no title."""
    match = _EXPLICIT_TITLE.match(text)
    shown = match[1] if match else text.lstrip("~!")
    return [nodes.inline(rawtext, nodes.unescape(shown))], []


def _silent_role(*_: Any) -> _RoleResult:
    return [], []
