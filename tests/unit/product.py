"""The product's own source, parsed once for every check that reads it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "llm", "retrieval", "ingest", "admin", "api")


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return the path from the root, and the syntax tree, of each module of the product."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)
