"""Nothing reads past the permission filter: who may see the tables, and who must ask for a scope."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from unit import product

SQL = re.compile(r"\s*select\b.+\bfrom\b", re.IGNORECASE | re.DOTALL)
READING = "core/store/documents/reading.py"
SCOPING = "core/store/documents/scoping.py"
FILTER_VALUES = "core/store/documents/filter_values.py"
OUTLINE = "core/store/documents/outline.py"
GUARDED = {"DocumentTable", "VersionTable", "ChunkTable", "PageTable", "EmbeddingTable"}
MAY_SEE_THEM = {
    "core/store/tables.py",
    "core/store/changes.py",  # gives followers every entry with its readers
    "core/store/documents/writing.py",  # writes
    "core/store/documents/overview.py",  # tells the operator of one document, and shows no content
    "core/store/documents/snapshot.py",  # tells ingestion what it knows of a source's documents
    "core/store/documents/members.py",  # writes what is inside a document
    "core/store/documents/gating.py",  # moves versions into force and out of it
    "core/store/embedders.py",  # gives texts to the embedder, and takes their vectors
    "core/store/documents/unread.py",  # says why a newest content was not read, under a scope
    "core/store/documents/supersession.py",  # names what took a document's place, under a scope
    "core/store/erasures.py",  # removes, and counts what it removed
    "core/store/grants.py",  # keeps who may read documents and versions, and shows no content
    SCOPING,  # the conditions of reading
    READING,  # reads, each query under a scope
    OUTLINE,  # selects chunks that show a document, under a scope
    FILTER_VALUES,  # names what an asker can filter by, under a scope
    "admin/checks/truth.py",  # the same, one by one
    "admin/checks/check.py",  # counts, for the operator, and shows no content
}


def modules() -> list[tuple[str, ast.Module]]:
    return [(name, module) for name, module in product.modules() if "/migrations/" not in name]


@cache
def guarded_names(module: ast.Module) -> set[str]:
    """Return how a module reaches the guarded tables: by name, through their module, or by SQL."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            found |= names & GUARDED if node.module == "core.store.tables" else set()
            found |= {"core.store.tables"} if node.module == "core.store" and "tables" in names else set()
            found |= {"core.store.tables"} if node.module == "core.store.tables" and "*" in names else set()
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & {"core.store.tables"}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {"SQL"} if SQL.match(node.value) else set()
    return found


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))


def demands(function: ast.FunctionDef, argument: str) -> bool:
    """Return whether `argument` must be given: it is there and has no default."""
    positional = [*function.args.posonlyargs, *function.args.args]
    required = positional[: len(positional) - len(function.args.defaults)]
    required += [
        each
        for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if not default
    ]
    return argument in {each.arg for each in required}


def test_only_these_modules_see_the_tables_of_documents() -> None:
    trespassing = [
        f"{name} reaches {', '.join(sorted(found))}: read through {READING}, under a scope"
        for name, module in modules()
        if (found := guarded_names(module)) and name not in MAY_SEE_THEM
    ]
    assert not trespassing, "\n".join(trespassing)


def test_everybody_on_the_list_is_still_there_and_still_needs_to_be() -> None:
    needed = {name for name, module in modules() if guarded_names(module)}
    assert MAY_SEE_THEM - {"core/store/tables.py"} <= needed


def test_every_reader_demands_a_scope() -> None:
    bodies = [module.body for name, module in modules() if name in {READING, SCOPING, FILTER_VALUES, OUTLINE}]
    readers = [function for body in bodies for function in body if isinstance(function, ast.FunctionDef)]
    public = [function for function in readers if not function.name.startswith("_")]
    open_doors = [function.name for function in public if not demands(function, "scope")]
    assert len(public) >= 8
    assert not open_doors, f"{READING}: {open_doors} would read without knowing who asks"


def test_every_reading_of_a_versions_text_asks_for_the_versions_own_grant() -> None:
    conditions = {"version_granted", "version_readable"}
    reading = [module for name, module in modules() if name in {READING, FILTER_VALUES, OUTLINE}]
    open_doors = [
        function.name
        for module in reading
        for function in functions(module)
        if (
            called := {
                node.func.id
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
        )
        and "readable" in called
        and not called & conditions
    ]
    assert not open_doors, f"{READING}: {open_doors} would read any version of a readable document"


def test_every_search_and_answer_demands_a_scope() -> None:
    searches = [
        (name, function)
        for name, module in modules()
        if name.startswith("retrieval/")
        for function in functions(module)
        if function.name in {"search", "hits", "answer"} and demands(function, "self")
    ]
    asked = [
        (name, each) for name, each in searches if {"query", "question"} & {a.arg for a in each.args.args}
    ]
    open_doors = [f"{name}: {function.name}" for name, function in asked if not demands(function, "scope")]
    assert {name for name, _ in asked} >= {"retrieval/index.py", "retrieval/search.py", "retrieval/answer.py"}
    assert not open_doors, f"{open_doors}: make the scope a required argument"


def test_the_check_finds_what_it_is_for() -> None:
    for text in (
        "from core.store.tables import Base, ChunkTable",
        "import core.store.tables",
        "from core.store import tables",
        "from core.store.tables import *",
        "run('select text from chunk')",
    ):
        assert guarded_names(ast.parse(text)), text
    assert not guarded_names(ast.parse("from core.store.tables import FollowerTable"))
    optional = next(functions(ast.parse("def search(query, scope=None): ...")))
    keyword = next(functions(ast.parse("def search(query, *, scope): ...")))
    assert not demands(optional, "scope")
    assert demands(keyword, "scope")
