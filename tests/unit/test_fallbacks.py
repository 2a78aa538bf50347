"""What goes on without a part says so: every fallback on the reading side makes a notice."""

import ast
from collections.abc import Iterator

import pytest
from unit import product

import core.errors
from core.errors import VadeError

READING_SIDE = ("llm/", "retrieval/")
OURS = {
    name for name, kind in vars(core.errors).items() if isinstance(kind, type) and issubclass(kind, VadeError)
}
# Handlers that lose nothing of an answer, each with its reason.
LOSES_NOTHING = {
    ("retrieval/follow/follower.py", "_build_anew"): "the index serves; the next process builds it again",
    (
        "retrieval/follow/serving.py",
        "_embedder",
    ): "the stand-in refuses every question, and the search says so",
    ("retrieval/dense/milvus_server.py", "_loaded"): "the index is loaded, and the request made again",
    (
        "retrieval/judge/embedder_promotion.py",
        "judge",
    ): "what is missing is embedded, and the promotion tried again",
    ("llm/models/generator_check.py", "_open"): "the check's report names the back end and the reason",
    ("retrieval/follow/follower.py", "damage"): "the damage is what is returned",
}


def silent(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield function and line of each handler of our errors that neither raises nor makes a notice."""
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for handler in ast.walk(function):
            if isinstance(handler, ast.ExceptHandler) and _is_ours(handler) and not _says_so(handler):
                yield function.name, handler.lineno


def _is_ours(handler: ast.ExceptHandler) -> bool:
    kinds = [] if handler.type is None else ast.walk(handler.type)
    return any(isinstance(kind, ast.Name) and kind.id in OURS for kind in kinds)


def _says_so(handler: ast.ExceptHandler) -> bool:
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    calls = [node.func for node in inside if isinstance(node, ast.Call)]
    noted = any(isinstance(called, ast.Name) and called.id == "noted" for called in calls)
    return noted or any(isinstance(node, ast.Raise) for node in inside)


def test_no_fallback_is_silent() -> None:
    found = {
        (name, function): line
        for name, module in product.modules()
        if name.startswith(READING_SIDE)
        for function, line in silent(module)
    }
    problems = [
        f"{name}:{line}: {function} goes on after an error without a notice; make one by `core.logs.noted`"
        for (name, function), line in found.items()
        if (name, function) not in LOSES_NOTHING
    ]
    assert not problems, "\n".join(problems)
    assert not set(LOSES_NOTHING) - set(found), "these handlers are gone; take their reasons out"


@pytest.mark.parametrize(
    ("body", "is_silent"),
    [
        ("return []", True),
        ("log.warning('down')", True),
        ("return [], noted(NOT_RERANKED, 'down', error)", False),
        ("raise", False),
    ],
)
def test_a_silent_fallback_is_found(body: str, is_silent: bool) -> None:
    handler = "except (OSError, ModelUnavailableError) as error"
    module = ast.parse(f"def scores():\n    try:\n        ask()\n    {handler}:\n        {body}\n")
    assert bool(list(silent(module))) is is_silent
