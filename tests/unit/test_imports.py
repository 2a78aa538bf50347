"""Unit tests start quickly: neither they nor what they import load a library that takes seconds.

Read from the source, because in a run of all tests another test has loaded these libraries already.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from unit.product import ROOT

HEAVY = {"torch", "transformers", "faiss", "scipy", "sklearn", "pandas", "playwright", "pymilvus"}
ROOTS = (ROOT, ROOT / "tests")


def imported(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the dotted names that a module imports as it is loaded."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from imported(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from imported(node.body)


def file_of(name: str) -> Path | None:
    """Return our module of this name."""
    place = Path(*name.split("."))
    found = (root / file for root in ROOTS for file in (place.with_suffix(".py"), place / "__init__.py"))
    return next((path for path in found if path.is_file()), None)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the names that our module imports, in their order."""
    return tuple(imported(ast.parse(path.read_text("utf-8")).body))


def ways_to_heavy(test: Path) -> Iterator[str]:
    """Yield the chain of imports that leads from a test to each heavy library."""
    waiting, seen = [(test, test.name)], {test}
    while waiting:
        path, way = waiting.pop()
        for name in imports(path):
            ours = file_of(name)
            if name.split(".")[0] in HEAVY:
                yield f"{way} → {name.split('.')[0]}"
            elif ours is not None and ours not in seen:
                seen.add(ours)
                waiting.append((ours, f"{way} → {name}"))


def test_unit_tests_load_no_library_that_takes_seconds() -> None:
    tests = sorted((ROOT / "tests" / "unit").rglob("test_*.py"))
    heavy = {way for test in tests for way in ways_to_heavy(test)}
    assert len(tests) > 50
    assert not heavy, "move these to tests/integration:\n" + "\n".join(sorted(heavy))


def test_a_way_to_a_heavy_library_is_found_and_named() -> None:
    [way, *_] = ways_to_heavy(ROOT / "tests" / "integration" / "llm" / "test_batches.py")
    assert way.endswith("→ torch")
