"""The house rules that a check can hold. Each failure says what to do."""

import ast
import itertools
import re
import subprocess
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

from unit import product
from unit.product import PACKAGES, ROOT

MOST_LINES = 400
# Users name the modules that these load.
NAMED_BY_USERS = {"ingest/connectors/langchain_loader.py"}
MOST_METHODS = 10
MOST_MODULES = 14
# A class keeps more public methods if this stands above it, before the reason, or in its docstring.
MANY_METHODS = "More than ten methods:"
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
NOT_OURS = {".git", ".venv", "data", "build", "dist", "node_modules"}

# Where one machine differs from the next. Both are written so that they do not find themselves.
HOME_FOLDER = re.compile(r"(?<![\w.-])/(?:root|home/[a-z][\w.-]*)/")
REGISTRY = re.compile(
    r"\b(?:pypi\.org|files\.pythonhosted\.org|test\.pypi\.org|download\.pytorch\.org|registry\.npmjs\.org"
    r"|(?:registry-1\.)?docker\.io|ghcr\.io|quay\.io|conda\.anaconda\.org|repo\.anaconda\.com)\b"
)


def our_files() -> list[Path]:
    """Return the files that git holds or would take; in an unpacked archive, all that are there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not NOT_OURS.intersection(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


FILES = our_files()


def texts() -> list[tuple[str, str]]:
    """Return the name and text of each file that holds text."""
    found = []
    for path in FILES:
        raw = path.read_bytes()
        if b"\0" not in raw:
            found.append((str(path.relative_to(ROOT)), raw.decode("utf-8", "replace")))
    return found


def test_no_file_is_too_long() -> None:
    code = [(name, text) for name, text in texts() if name.endswith((".py", ".js", ".css"))]
    too_long = [
        f"{name} has {text.count(chr(10))} lines; part it at 300, {MOST_LINES} is the limit"
        for name, text in code
        if text.count("\n") > MOST_LINES
    ]
    assert code
    assert not too_long, "\n".join(too_long)


def test_no_file_name_says_nothing() -> None:
    empty = [
        f"{path.relative_to(ROOT)}: name it after what it holds or does"
        for path in FILES
        if path.stem.lower() in EMPTY_NAMES and path.suffix == ".py"
    ]
    assert not empty, "\n".join(empty)


def test_packages_begin_with_words_and_hold_no_code() -> None:
    problems = []
    for path in FILES:
        if path.name != "__init__.py" or path.relative_to(ROOT).parts[0] not in PACKAGES:
            continue
        module = ast.parse(path.read_text("utf-8"))
        if ast.get_docstring(module) is None or len(module.body) != 1:
            problems.append(f"{path.relative_to(ROOT)}: say what goes in and out, and nothing else")
    assert not problems, "\n".join(problems)


def test_every_folder_with_code_is_a_package() -> None:
    folders = {
        path.parent
        for path in FILES
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES and path.name != "__init__.py"
    }
    bare = [
        f"{folder.relative_to(ROOT)} has no __init__.py: it would be left out of the type check"
        for folder in sorted(folders)
        if not (folder / "__init__.py").is_file() and folder.name != "versions"
    ]
    assert not bare, "\n".join(bare)


def test_no_folder_holds_too_many_modules() -> None:
    counts = Counter(
        path.parent.relative_to(ROOT)
        for path in FILES
        if path.suffix == ".py" and path.name != "__init__.py" and path.parent.name != "versions"
    )
    full = [
        f"{folder} holds {count} modules; part it into sub-folders, {MOST_MODULES} is the limit"
        for folder, count in sorted(counts.items())
        if count > MOST_MODULES and folder.parts[:1] and folder.parts[0] in {*PACKAGES, "tests"}
    ]
    assert counts
    assert not full, "\n".join(full)


def public_methods(node: ast.ClassDef) -> list[str]:
    """Return the names of a class's own public methods; a property's setter is no second one."""
    found = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return sorted({each.name for each in found if not each.name.startswith("_")})


def says_why_it_has_many_methods(node: ast.ClassDef, lines: list[str]) -> bool:
    """Return whether the docstring of a class, or the comment directly above it, gives the reason."""
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    above = itertools.takewhile(lambda line: line.lstrip().startswith("#"), reversed(lines[: first - 1]))
    return MANY_METHODS in (ast.get_docstring(node) or "") or any(MANY_METHODS in line for line in above)


def test_no_class_has_too_many_methods() -> None:
    large = [
        f"{name}: {node.name} has {len(methods)} public methods; it is two classes, or `# {MANY_METHODS} ...`"
        for name, module in product.modules()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        and len(methods := public_methods(node)) > MOST_METHODS
        and not says_why_it_has_many_methods(node, (ROOT / name).read_text("utf-8").splitlines())
    ]
    assert not large, "\n".join(large)


def test_reasons_for_many_methods_are_found_where_they_stand() -> None:
    above = f"# {MANY_METHODS} one for each call.\n@final\nclass A:\n    pass\n"
    inside = f'class A:\n    """Calls.\n\n    {MANY_METHODS} one for each call.\n    """\n'
    for text, expected in (
        (above, True),
        (inside, True),
        ("# one for each call\nclass A:\n    pass\n", False),
    ):
        [node] = ast.parse(text).body
        assert isinstance(node, ast.ClassDef)
        assert says_why_it_has_many_methods(node, text.splitlines()) is expected


def test_no_module_is_imported_by_a_string() -> None:
    """A name in a string hides a cycle from the import contract, and all types."""
    hidden = [
        f"{name}, line {node.lineno}: import it by a statement, inside the function if it is heavy"
        for name, module in product.modules()
        if name not in NAMED_BY_USERS
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
    ]
    assert not hidden, "\n".join(hidden)


def test_no_other_distribution_owns_a_name_of_ours() -> None:
    owners = packages_distributions()
    taken = [
        f"{package} also belongs to {', '.join(others)}: leave that distribution out"
        for package in PACKAGES
        if (others := sorted(set(owners.get(package, ())) - {"vademecum"}))
    ]
    assert not taken, "\n".join(taken)


def test_no_file_names_a_home_folder_or_a_registry() -> None:
    found = [
        f"{name}, line {number}: {match.group()!r} holds on one machine only; leave it to the environment"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        for match in [HOME_FOLDER.search(line) or REGISTRY.search(line)]
        if match
    ]
    assert not found, "\n".join(found)


def test_the_patterns_find_what_they_are_for() -> None:
    home, root, registry = "/ho" + "me/ann/x", "/ro" + "ot/x", "https://py" + "pi.org/simple"
    assert HOME_FOLDER.search(f"see {home}")
    assert HOME_FOLDER.search(f"file://{root}")
    assert REGISTRY.search(registry)
    assert not HOME_FOLDER.search("a folder's root/leaf and ~/.local/share")


def test_the_packages_that_the_product_was_asked_to_stand_on_are_used() -> None:
    """Where one is replaced for most of its work, it keeps the part that it does best; none is decoration."""
    named = {"torch", "transformers", "faiss", "langchain_core", "fastapi", "sqlalchemy", "unstructured"}
    used: set[str] = set()
    for _, module in product.modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                used.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                used.add(node.module.split(".")[0])
    assert not named - used, f"{sorted(named - used)}: the product no longer uses what it must stand on"
