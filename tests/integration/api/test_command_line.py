"""What holds for every command: usage errors as JSON, exit codes, and a port that is taken."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from api.cli.main import main
from api.http.listening import listening
from core.errors import SettingsError


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from commands(child, *path, name)


def test_usage_errors_of_each_command_are_json_with_json(vade: Any) -> None:
    for path in commands(main):
        code, said = vade(*path, "--no-such-option", "--json")
        assert (code, said["error"]["code"]) == (2, "usage"), path
        assert "--no-such-option" in said["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [
        ["nosuch"],
        ["golden", "nosuch"],
        ["search", "--limit", "0", "x"],
        ["ask", "--since", "yesterday", "x"],
        ["ask", "--questions", "/no/such/file"],
        ["job", "show", "x"],
        ["golden", "remove"],
    ],
)
def test_usage_error_is_one_json_document_with_json_and_words_without(vade: Any, words: list[str]) -> None:
    code, said = vade(*words, "--json")
    assert (code, set(said), set(said["error"])) == (2, {"error"}, {"code", "message"})
    code, text = vade(*words)
    assert code == 2
    assert text.splitlines()[-1] == f"Error: {said['error']['message']}"


def test_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert (
        "0 done, 1 done with failures that are listed, 2 usage or configuration, 3 already running" in shown
    )
    assert "130 stopped by Ctrl-C" in shown


@pytest.mark.parametrize("command", ["up", "serve"])
def test_busy_port_is_said_before_anything_is_claimed_or_opened(
    vade: Any, tmp_path: Path, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = vade(command, "--port", str(port))
    assert code == 2
    assert said == (
        f"vade: port {port} of 127.0.0.1 is taken by another program, or by Vademecum itself; "
        "stop that, or choose another port with --port\n"
    )
    assert not (tmp_path / "data").exists()


def test_sockets_listen_inside_and_are_closed_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        with listening(host, port) as sockets, socket.create_connection((host, port), timeout=5):
            assert sockets
        assert [one.fileno() for one in sockets] == [-1] * len(sockets)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_host_that_is_not_of_this_machine_cannot_be_listened_on(host: str) -> None:
    with pytest.raises(SettingsError, match=host), listening(host, 0):
        pass


def test_json_error_of_a_command_has_the_same_form(vade: Any) -> None:
    code, said = vade("ask", "--json")
    assert (code, said["error"]["code"]) == (2, "input")
    assert json.dumps(said)


@pytest.mark.parametrize(
    "words",
    [
        ("job", "show", "{}"),
        ("job", "cancel", "{}"),
        ("job", "retry", "{}"),
        ("document", "receipt", "{}"),
        ("golden", "remove", "{}"),
    ],
)
@pytest.mark.parametrize("number", [2**63, 10**40])
def test_number_beyond_64_bits_is_said_in_one_line(vade: Any, words: tuple[str, ...], number: int) -> None:
    code, said = vade(*(word.format(number) for word in words))
    assert code in {1, 2}
    assert said.startswith("vade: ")
    assert said.count("\n") == 1


def test_no_title_name_or_text_steers_the_terminal(vade: Any, tmp_path: Path) -> None:
    folder = tmp_path / "docs\u202e"
    folder.mkdir()
    steering = "\x1b]0;owned\x07\u202etxt.exe\x9b2J"
    (folder / f"pump {steering}.md").write_text(
        f"# Pump {steering}\n\nThe pump P-7 runs at 2900 rpm {steering}.\n", "utf-8"
    )
    (folder / f"torn {steering}.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    question = "At how many rpm does the pump P-7 run?"
    for words in (
        ("ingest", "--public", str(folder)),
        ("job", "list"),
        ("source", "list"),
        ("source", "runs"),
        ("search", question),
        ("document", "show", str(folder / f"pump {steering}.md")),
        ("ask", "--source", f"nosuch{steering}", question),
        ("ask", question),
    ):
        _, said = vade(*words)
        assert not [one for one in said if one in "\x1b\x07\x9b\u202e"], words
    assert "docs\\u202e/pump " in said
    assert "txt.exe\\x9b2J.md" in said


def test_usage_error_that_repeats_a_name_does_not_steer_either(
    vade: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = vade("ingest", "no\x1b[31m\u202esuch")
    assert code == 2
    assert not [one for one in said if one in "\x1b\u202e"]
