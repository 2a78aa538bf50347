"""The shape of the product's code: files a folder, lines a function, long signatures, large classes.

    python -m benchmarks.layout [REVISION …]

Measures the working tree, or each git revision that is named, and prints Markdown. A function's body is
its lines without signature and docstring; `self` and `cls` are no parameters; properties are no methods.
Folders count their modules without `__init__.py`.
"""

import argparse
import ast
import io
import math
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PRODUCT = ("core", "llm", "retrieval", "ingest", "admin", "api")
MOST_FILES = 14
MOST_PARAMETERS = 6
MOST_METHODS = 10
_ROOT = Path(__file__).resolve().parents[1]
_TREE = "working tree"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The measures of one state of the code."""

    folders: Mapping[str, int]  # modules by folder
    files: Sequence[int]  # lines of each file
    bodies: Sequence[int]  # lines of each function's body
    long_signatures: Sequence[str]  # functions of more than six parameters
    large_classes: Sequence[str]  # classes of more than ten public methods

    @property
    def crowded(self) -> list[str]:
        """The folders of more than fourteen modules."""
        return [folder for folder, modules in self.folders.items() if modules > MOST_FILES]


def measure(sources: Mapping[str, str]) -> Layout:
    """Return the measures of `sources`, Python texts by their paths."""
    bodies, long_signatures, large_classes = [], [], []
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                bodies.append(body_lines(node))
                if len(_parameters(node)) > MOST_PARAMETERS:
                    long_signatures.append(f"{path}: {node.name}")
            elif isinstance(node, ast.ClassDef) and len(public_methods(node)) > MOST_METHODS:
                large_classes.append(f"{path}: {node.name}")
    modules = [PurePosixPath(path) for path in sources if not path.endswith("/__init__.py")]
    return Layout(
        folders=dict(sorted(Counter(str(module.parent) for module in modules).items())),
        files=[len(text.splitlines()) for text in sources.values()],
        bodies=bodies,
        long_signatures=long_signatures,
        large_classes=large_classes,
    )


def body_lines(function: Function) -> int:
    """Return the lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def public_methods(kind: ast.ClassDef) -> set[str]:
    """Return the names of a class's own public methods."""
    methods = [node for node in kind.body if isinstance(node, Function) and not node.name.startswith("_")]
    return {method.name for method in methods if not any(map(_makes_property, method.decorator_list))}


def percentile(values: Sequence[int], share: float) -> int:
    """Return the smallest value that at least `share` of all values do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def read_tree(root: Path) -> dict[str, str]:
    """Return the product's Python texts on the disk by their paths."""
    paths = sorted(path for folder in PRODUCT for path in (root / folder).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def read_revision(root: Path, revision: str) -> dict[str, str]:
    """Return the product's Python texts of a git revision by their paths."""
    command = ["git", "archive", "--format=tar", revision]
    archive = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return dict(_product_texts(tar))


def markdown(layouts: Mapping[str, Layout]) -> str:
    """Return the measures of each state as a row, then folders, then long signatures and large classes."""
    lines = [
        "| | files | folders over 14 | function body p50 / p90 | file p90 / max | over six parameters "
        "| over ten public methods |",
        "|---|---|---|---|---|---|---|",
        *(_summary(name, layout) for name, layout in layouts.items()),
        "",
        f"| folder | {' | '.join(layouts)} |",
        "|---|" + "---|" * len(layouts),
        *_folder_rows(list(layouts.values())),
    ]
    for name, layout in layouts.items():
        found = [*layout.long_signatures, *layout.large_classes]
        lines += ["", f"Over six parameters or ten public methods, {name}:", ""] if found else []
        lines += [f"- {one}" for one in found]
    return "\n".join(lines)


def main() -> None:
    """Print the layout of the working tree, or of each revision that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revisions", nargs="*", metavar="REVISION", help="a git revision; default: the files")
    revisions = parser.parse_args().revisions
    layouts = {revision: measure(read_revision(_ROOT, revision)) for revision in revisions}
    print(markdown(layouts or {_TREE: measure(read_tree(_ROOT))}))


def _parameters(function: Function) -> list[str]:
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [parameter.arg for parameter in named if parameter.arg not in {"self", "cls"}]


def _makes_property(decorator: ast.expr) -> bool:
    name = ast.unparse(decorator)
    return name.endswith(("property", ".setter"))


def _product_texts(tar: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    for member in tar:
        file = tar.extractfile(member) if member.name.endswith(".py") else None
        if file is not None and member.name.split("/")[0] in PRODUCT:
            yield member.name, file.read().decode("utf-8")


def _summary(name: str, layout: Layout) -> str:
    cells = [
        str(len(layout.files)),
        str(len(layout.crowded)),
        f"{percentile(layout.bodies, 0.5)} / {percentile(layout.bodies, 0.9)}",
        f"{percentile(layout.files, 0.9)} / {max(layout.files)}",
        str(len(layout.long_signatures)),
        str(len(layout.large_classes)),
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _folder_rows(layouts: Sequence[Layout]) -> Iterator[str]:
    """Yield a row for each folder of any state; more than fourteen modules are set in bold."""
    for folder in sorted(set().union(*(layout.folders for layout in layouts))):
        counts = [layout.folders.get(folder, 0) for layout in layouts]
        cells = [f"**{count}**" if count > MOST_FILES else str(count or "") for count in counts]
        yield f"| {folder} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
