"""README, ARCHITECTURE and the other documents say what is so: paths, links, settings, commands, outputs."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import pytest
from fakes.waiting import wait_until
from pydantic import BaseModel

from api.cli.main import main
from benchmarks.datasets import SETS
from core.settings import ENVIRONMENT_PREFIX, NOT_SETTINGS, SETTINGS_FILE, Settings, load_settings
from ingest.connectors.folder import FolderSource
from ingest.connectors.trees.rules import PERMISSIONS_FILE

ROOT = Path(__file__).resolve().parents[2]
README, ARCHITECTURE = ROOT / "README.md", ROOT / "ARCHITECTURE.md"
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md"),
     *(ROOT / "deploy" / "demo").glob("*.md")]
)  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
FOLDERS = {*PACKAGES, "tests", "benchmarks", "deploy", "docs"}
# What documents name that lies in no checkout: files of a user's or an operator's.
NOT_OURS = {"corpus.jsonl", "queries.jsonl"}
# The place that the documents show in place of the reader's own.
SHOWN_ROOT = "file:///srv/vademecum"

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path, language: str) -> list[str]:
    """Return a document's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def spans(path: Path) -> list[str]:
    """Return what stands between backticks outside of fenced blocks."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def shell_lines(path: Path) -> list[str]:
    return [line for block in blocks(path, "sh") for line in block.splitlines() if line.strip()]


def table(path: Path, heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its head."""
    below = path.read_text("utf-8").split(f"## {heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in rows[0].splitlines()[2:]]


@every_document
def test_every_path_exists(path: Path) -> None:
    missing = []
    near = {entry.name for entry in path.parent.iterdir()} - {".venv"}
    for word in (word for span in spans(path) for word in span.split()):
        name = word.split(":")[0].rstrip("/")
        first = name.split("/")[0]
        if "/" in word and re.fullmatch(r"[\w.*/-]+", name) and first in FOLDERS | near:
            found = any(ROOT.glob(name)) or any(path.parent.glob(name))
        elif re.fullmatch(r"\w+\.(?:py|md|jsonl|sh)", name):
            found = name in NOT_OURS or any((ROOT / path.parent).glob(name))
            found = found or any(any((ROOT / folder).rglob(name)) for folder in FOLDERS)
        else:
            continue
        if not found:
            missing.append(word)
    assert not missing


@every_document
def test_every_name_is_defined_where_it_is_said_to_be(path: Path) -> None:
    for file, name in re.findall(r"`([\w/.-]+\.py): (\w+)(?:\(\))?`", path.read_text("utf-8")):
        assert re.search(rf"^\s*(?:def|class) {name}\b", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    for module in re.findall(r"python -m ([\w.]+)", path.read_text("utf-8")):
        assert module.split(".")[0] not in FOLDERS or importlib.util.find_spec(module)


@every_document
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))
    inside = [target for target in targets if not target.startswith(("https://", "http://"))]
    assert not [target for target in inside if not (path.parent / target.split("#")[0]).exists()]


@every_document
def test_every_setting_in_the_environment_is_known(path: Path) -> None:
    known = {*NOT_SETTINGS, *variables(Settings, ENVIRONMENT_PREFIX)}
    named = set(re.findall(r"\bVADE_[A-Z][A-Z_]*[A-Z]\b", path.read_text("utf-8")))
    assert named <= known


def variables(group: type[BaseModel], prefix: str) -> Iterator[str]:
    for key, info in group.model_fields.items():
        yield f"{prefix}{key.upper()}"
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from variables(info.annotation, f"{prefix}{key.upper()}__")


@every_document
def test_every_command_and_option_is_known(path: Path) -> None:
    targets = set(re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in [*spans(path), *shell_lines(path)]:
        words = line.split()
        if words[0] == "make":
            assert words[1:2] == [] or words[1] in targets or f"{words[1].split('-')[0]}-%" in targets
        if words[0] == "vade" and len(words) > 1 and words[1][0].islower():
            check_command(words[1:])


def check_command(words: list[str]) -> None:
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        child = command.get_command(click.Context(command), words[0])
        assert child is not None
        command, words = child, words[1:]
    known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("block", [text for path in DOCUMENTS for text in blocks(path, "toml")])
def test_every_example_of_settings_is_accepted(block: str, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(block, "utf-8")
    assert load_settings(tmp_path) != load_settings(tmp_path / "without")


def test_the_example_of_permissions_is_accepted(tmp_path: Path) -> None:
    [block] = blocks(README, "yaml")
    (tmp_path / PERMISSIONS_FILE).write_text(block, "utf-8")
    (tmp_path / "pump.txt").write_text("The pump runs.", "utf-8")
    [listing] = FolderSource(tmp_path, frozenset({"user:other"}), 2**20).listings("")
    [listed] = listing.listed
    assert listed.principals == {"group:field", "user:ann"}


def test_the_readme_answers_a_question_within_twenty_lines() -> None:
    first = README.read_text("utf-8").splitlines()[:20]
    assert "make run" in first
    assert question_of_make() in first
    assert any(line.endswith("[1]") for line in first)


def test_seven_rows_lead_from_the_question_to_its_lines() -> None:
    rows = table(README, "From the question to the lines that answer it")
    assert len(rows) == 7
    assert all(question.endswith("?") and re.search(r"\.py: \w+", lines) for question, lines in rows)


def test_architecture_names_the_packages_and_their_order() -> None:
    contract = next(one for one in PROJECT["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    assert " → ".join(contract["layers"]) in blocks(ARCHITECTURE, "text")[0].splitlines()
    assert contract["name"] == " → ".join(contract["layers"])
    rows = table(ARCHITECTURE, "The folders")
    assert [row[0] for row in rows] == [f"`{package}/`" for package in reversed(contract["layers"])]
    assert {row[0].strip("`/") for row in rows} == set(PACKAGES)
    assert all(len(row) == 4 and all(row) for row in rows)


def test_decisions_are_listed_and_have_one_form() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\d+)\]\((.+?)\) \| (.+) \|$", index, re.MULTILINE)
    assert [name for _, name, _ in listed] == [path.name for path in DECISIONS]
    for number, name, title in listed:
        lines = (ROOT / "docs" / "adr" / name).read_text("utf-8").splitlines()
        assert int(name[:4]) == int(number)
        assert lines[0] == f"# {number}. {title}"
        assert [line for line in lines if line.startswith("## ")] == [
            "## Context", "## Decision", "## Consequences",
        ]  # fmt: skip
        assert len(lines) <= 60


def test_the_changelog_has_a_place_for_the_next_line() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


# Runs each line of standard input, the words of one `vade` command, as the command line does.
DRIVER = """
import contextlib, io, json, sys
from api.cli.main import main
for line in sys.stdin:
    out, code = io.StringIO(), 0
    with contextlib.redirect_stdout(out):
        try:
            main(json.loads(line))
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue()]), flush=True)
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands read, and data of its own."""
    shutil.copytree(ROOT / "deploy" / "demo", tmp_path / "deploy" / "demo")
    questions = tmp_path / "deploy" / "demo" / "questions.jsonl"
    questions.write_text("".join(questions.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
    (tmp_path / "scifact" / "qrels").mkdir(parents=True)
    (tmp_path / "scifact" / "corpus.jsonl").write_text('{"_id": "1", "title": "", "text": "Seals leak."}\n')
    (tmp_path / "scifact" / "queries.jsonl").write_text('{"_id": "q", "text": "Do seals leak?"}\n')
    (tmp_path / "scifact" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n")
    monkeypatch.setenv("VADE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.slow("each command of the README runs with the real embedder")
@pytest.mark.timeout(300)
def test_every_command_in_the_readme_runs(checkout: Path) -> None:
    lines = shell_lines(README)
    assert {line.split()[0] for line in lines} == {"make", "export", "vade", "curl", "python"}
    [made] = [shlex.split(line)[1:] for line in lines if line.startswith("python ")]
    assert made[:2] == ["-m", "benchmarks.datasets"]
    assert made[2] in SETS, "it makes the folder that the next line measures on"
    assert lines.index(shlex.join(["python", *made])) < lines.index(f"vade eval {made[3]} --split test")
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("vade ")]
    served, once = [words for words in commands if words[0] == "up"], [w for w in commands if w[0] != "up"]

    *answers, shown = run_all([*once, ["ask", question_of_make()]], checkout)
    assert all(answers)
    example = blocks(README, "text")[0].strip().splitlines()
    assert example[2:-2] == shown.replace(checkout.as_uri(), SHOWN_ROOT).strip().splitlines()

    requests = [line for line in lines if line.startswith("curl ")]
    assert len(served) == 1
    with serving(served[0], checkout) as address:
        replies = [curl(line.replace("127.0.0.1:8000", address), checkout) for line in requests]
    assert "event: done" in replies[-2]
    check_example(json.loads(blocks(README, "json")[0]), json.loads(replies[-1]), checkout)


def question_of_make() -> str:
    found = re.search(r"^QUESTION := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert found
    return found[1]


def run_all(commands: list[list[str]], folder: Path) -> list[str]:
    """Run `vade` commands in order, all in one process; return what each printed."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], cwd=folder, capture_output=True, text=True, check=False,
        input="".join(f"{json.dumps(words)}\n" for words in commands),
    )  # fmt: skip
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [code for code, _ in results] == [0] * len(commands), done.stderr
    return [printed for _, printed in results]


@contextmanager
def serving(words: list[str], folder: Path) -> Iterator[str]:
    """Serve by a `vade up` command on a free port; give the address once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    vade = Path(sys.executable).with_name("vade")
    with subprocess.Popen([vade, *words, "--port", str(port)], cwd=folder, stdout=subprocess.PIPE) as server:
        try:
            ready = f"http://127.0.0.1:{port}/readyz"
            wait_until(lambda: is_ready(ready), 600, runs=lambda: server.poll() is None)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def is_ready(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=60):
        return True
    return False


def curl(line: str, folder: Path) -> str:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    words = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", *shlex.split(line)[1:]]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout


def check_example(shown: dict[str, Any], real: dict[str, Any], folder: Path) -> None:
    """The example has the contract's fields, and says and cites what the real answer does."""
    assert set(shown) == set(real)
    assert set(shown["timings"]) == set(real["timings"])
    cited = [
        {
            **citation,
            "document_id": 0,
            "uri": citation["uri"].replace(folder.as_uri(), SHOWN_ROOT),
            # What stands beside the quote is long: the example leaves it out.
            "before": "…",
            "after": "…",
        }
        for citation in real["citations"]
    ]
    for citation in shown["citations"]:
        assert {**citation, "document_id": 0} in cited
    assert {one["text"] for one in shown["sentences"]} <= {one["text"] for one in real["sentences"]}
    assert (shown["refused"], shown["reason"], shown["found"]) == (
        real["refused"], real["reason"], real["found"],
    )  # fmt: skip
