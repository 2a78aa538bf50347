import ast
import re
from collections.abc import Iterator

import pytest
from unit import product

from core import errors
from core.errors import VadeError

LINE = re.compile(r"^(?P<branch>[│ ]*(?:[├└]── )?)(?P<name>\w+Error) +(?P<status>\d{3}) (?P<code>\w+)", re.M)


def drawn() -> Iterator[tuple[str, str | None, int, str]]:
    """Yield name, parent, status and code of each line of the tree in the module's docstring."""
    above: list[str] = []
    for match in LINE.finditer(errors.__doc__ or ""):
        depth = len(match["branch"]) // 4
        above[depth:] = [match["name"]]
        yield match["name"], above[depth - 1] if depth else None, int(match["status"]), match["code"]


def defined(base: type[VadeError] = VadeError) -> Iterator[type[VadeError]]:
    yield base
    for child in base.__subclasses__():
        yield from defined(child)


def test_error_tree_in_the_docstring_is_complete() -> None:
    real = {
        (kind.__name__, None if kind is VadeError else kind.__bases__[0].__name__, kind.status, kind.code)
        for kind in defined()
    }
    assert set(drawn()) == real


def test_errors_of_the_tree_are_defined_in_one_module() -> None:
    ours = {name for name, *_ in drawn()}
    elsewhere = [
        f"{name}: {node.name} belongs into core/errors.py"
        for name, module in product.modules()
        if name != "core/errors.py"
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        and {base.id for base in node.bases if isinstance(base, ast.Name)} & ours
    ]
    assert len(product.modules()) > 200
    assert not elsewhere, "\n".join(elsewhere)


def test_error_codes_are_unique() -> None:
    codes = [kind.code for kind in defined()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", list(defined()), ids=lambda kind: kind.__name__)
def test_error_message_is_its_docstring_unless_one_is_given(kind: type[VadeError]) -> None:
    assert str(kind()) == kind.__doc__
    assert str(kind("the disk is full")) == "the disk is full"
    assert (kind.__doc__ or "").endswith(".")
