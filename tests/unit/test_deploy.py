"""What deploy/ promises: a user without rights, no network at run time, files and commands that exist."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from api.cli.main import main
from core.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# What each library reads before it would call home or look for something to fetch.
OFFLINE = {"DO_NOT_TRACK": "true", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
FETCHING = re.compile(r"\b(?:pip|apt|apt-get|curl|wget|git)\b")


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, in order."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def final_stage() -> list[tuple[str, str]]:
    steps = instructions()
    last = max(number for number, (name, _) in enumerate(steps) if name == "FROM")
    return steps[last:]


def image_environment() -> dict[str, str]:
    return dict(
        pair.split("=", 1)
        for name, arguments in final_stage()
        if name == "ENV"
        for pair in shlex.split(arguments)
    )


def unit(path: Path) -> dict[str, list[str]]:
    """Return a unit's directives; one may stand several times."""
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return document


def check_words(words: list[str]) -> None:
    command = main.get_command(click.Context(main), words[0])
    assert command is not None
    assert isinstance(command, click.Command)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words[1:] if word.startswith("--")} <= known


def check_settings(environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        if name.startswith("VADE_"):
            monkeypatch.setenv(name, value)
    settings = load_settings(folder)
    assert settings.api.user.startswith("user:")


def test_the_image_runs_as_a_user_without_rights() -> None:
    users = [arguments for name, arguments in final_stage() if name == "USER"]
    made = [arguments for name, arguments in final_stage() if name == "RUN" and "useradd" in arguments]
    assert users == ["vade"]
    assert re.search(r"--uid [1-9]\d{4,} .*nologin vade\b", made[0])
    last = [name for name, _ in final_stage()]
    assert last.index("USER") < last.index("ENTRYPOINT")


def test_the_image_fetches_while_it_is_built_only() -> None:
    assert OFFLINE.items() <= image_environment().items()
    for name, arguments in final_stage():
        assert name != "ADD"
        assert name not in {"RUN", "CMD", "ENTRYPOINT"} or not FETCHING.search(arguments)


def test_the_image_takes_in_files_that_exist_and_all_packages() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in "#"]
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert lines[0] == "*"
    assert kept == {
        *PACKAGES,
        "pyproject.toml",
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
    }
    assert all((ROOT / name).exists() for name in kept)
    assert [arguments for name, arguments in instructions() if name == "COPY"] == [
        ". .", "--from=build /opt/vademecum /opt/vademecum",
    ]  # fmt: skip


def test_the_image_has_a_python_that_the_product_takes() -> None:
    bases = {arguments.split()[0] for name, arguments in instructions() if name == "FROM"}
    [base] = bases
    version = tuple(int(part) for part in base.removeprefix("python:").removesuffix("-slim").split("."))
    least = tuple(int(part) for part in PROJECT["project"]["requires-python"].removeprefix(">=").split("."))
    assert version >= least


def test_the_image_starts_a_command_with_settings_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = dict(final_stage())
    assert json.loads(steps["ENTRYPOINT"]) == ["vade"]
    check_words(json.loads(steps["CMD"]))
    check_settings(image_environment(), tmp_path, monkeypatch)
    assert steps["EXPOSE"] == str(load_settings(tmp_path).api.port)
    assert f":{steps['EXPOSE']}/livez" in steps["HEALTHCHECK"]


def test_compose_opens_nothing_to_other_machines() -> None:
    server = compose()["services"]["vade"]
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    for service in compose()["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert [volume.rsplit(":", 1)[1] for volume in service["volumes"]] == ["/data", "ro"]


def test_compose_names_what_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = compose()["services"]
    build = services["vade"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    shown = re.search(r"\$\{DOCUMENTS:-(.+?)\}", (DEPLOY / "compose.yaml").read_text("utf-8"))
    assert shown
    assert (DEPLOY / shown[1]).is_dir()
    check_words(services["ingest"]["command"])
    check_settings({**image_environment(), **services["vade"]["environment"]}, tmp_path, monkeypatch)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_runs_a_command_as_a_user_without_rights(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directives = unit(path)
    assert directives["User"] == ["vade"]
    assert directives["CapabilityBoundingSet"] == [""]
    assert "landlock_restrict_self" in directives["SystemCallFilter"][1]
    program, *words = shlex.split(directives["ExecStart"][0])
    assert program == "/opt/vademecum/bin/vade"
    check_words(words)
    environment = dict(pair.split("=", 1) for line in directives["Environment"] for pair in shlex.split(line))
    assert OFFLINE.items() <= environment.items()
    check_settings({"VADE_API__USER": "user:vade", **environment}, tmp_path, monkeypatch)


def test_the_nightly_run_has_no_network_and_may_overlap() -> None:
    directives = unit(DEPLOY / "systemd" / "vade-ingest.service")
    assert directives["PrivateNetwork"] == ["true"]
    assert directives["SuccessExitStatus"] == ["3"]
    assert unit(DEPLOY / "systemd" / "vade-ingest.timer")["Persistent"] == ["true"]


def test_cron_runs_a_command_that_exists() -> None:
    [line] = re.findall(r"^[\d*].*$", (DEPLOY / "cron" / "vade").read_text("utf-8"), re.MULTILINE)
    found = re.fullmatch(r"(?:\S+ ){5}vade report=\$\(vade (.+?) 2>&1\) \|\| echo \"\$report\"", line)
    assert found
    check_words(shlex.split(found[1]))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs `systemd-analyze`")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS:  # with a program that is there
        text = path.read_text("utf-8").replace("/opt/vademecum/bin/vade", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    units = [str(tmp_path / path.name) for path in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
