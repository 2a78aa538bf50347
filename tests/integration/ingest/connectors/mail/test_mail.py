import grp
import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType

import pytest
from fakes.waiting import wait_for_port
from integration.ingest.connectors.contract import ConnectorContract
from integration.ingest.connectors.mail.imap_server import Mailbox, imap_server
from integration.ingest.connectors.partners import LOOPBACK, READERS

from core.errors import FetchError, InputError, SourceError, TooLargeError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.mail.imap import ImapOptions, ImapSource
from ingest.connectors.mail.maildir import MaildirOptions, MaildirSource
from ingest.connectors.source import Listed
from ingest.connectors.sources import source_at

SETTINGS = IngestSettings(connectors=ConnectorSettings.model_validate(LOOPBACK), max_file_bytes=2000)


def message(name: str, text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ann@example.com", "bob@example.com", name
    made.set_content(text)
    return made.as_bytes()


class MailPartner:
    """Mail is never changed: what a test changes is another message, and the one before is gone."""

    grants = False

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        raise NotImplementedError


class MaildirPartner(MailPartner):
    options: Mapping[str, str] = MappingProxyType({})

    def __init__(self, folder: Path) -> None:
        self.box = mailbox.Maildir(folder / "ann")
        self.keys: dict[str, str] = {}
        self.path = folder / "ann"
        self.place = f"maildir://{self.path}"

    def put(self, name: str, text: str) -> None:
        if name in self.keys:
            self.remove(name)
        self.keys[name] = self.box.add(message(name, text))

    def remove(self, name: str) -> None:
        self.box.remove(self.keys.pop(name))

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        path = self.path / "new" / self.keys[name]
        kept = path.read_bytes()
        path.unlink()
        path.symlink_to(self.path / "nowhere")
        yield
        path.unlink()
        path.write_bytes(kept)

    @contextmanager
    def down(self) -> Iterator[None]:
        self.path.rename(self.path.with_suffix(".away"))
        yield
        self.path.with_suffix(".away").rename(self.path)


class ImapPartner(MailPartner):
    options: Mapping[str, str] = MappingProxyType({"user": "ann", "password_env": "IMAP_PASSWORD"})

    def __init__(self, box: Mailbox) -> None:
        self.box = box
        self.uids: dict[str, int] = {}
        self.place = f"imap://127.0.0.1:{box.port}/INBOX"

    def put(self, name: str, text: str) -> None:
        if name in self.uids:
            self.remove(name)
        self.uids[name] = self.box.put(message(name, text))

    def remove(self, name: str) -> None:
        del self.box.messages[self.uids.pop(name)]

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        self.box.failing.add(self.uids[name])
        yield
        self.box.failing.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.box.is_down = True
        yield
        self.box.is_down = False


class MailContract(ConnectorContract):
    changed_is_new = True


class TestMaildirContract(MailContract):
    @pytest.fixture
    def partner(self, tmp_path: Path) -> MaildirPartner:
        return MaildirPartner(tmp_path)


class TestImapContract(MailContract):
    @pytest.fixture
    def partner(self, box: Mailbox) -> ImapPartner:
        return ImapPartner(box)


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    monkeypatch.setenv("IMAP_PASSWORD", "hunter2")
    with imap_server() as made:
        yield made


def open_imap(place: str, **options: str) -> ImapSource:
    told = {"url": place, "read": list(READERS), **ImapPartner.options, **options}
    return ImapSource(ImapOptions.model_validate(told), SETTINGS, Path())


def listed(source: ImapSource | MaildirSource) -> list[Listed]:
    return [one for part in source.listings("") for one in part.listed]


def test_a_message_stays_the_same_while_it_is_read_and_flagged(tmp_path: Path) -> None:
    partner = MaildirPartner(tmp_path)
    partner.put("a", "Pump.")
    source = MaildirSource(MaildirOptions(url=partner.place), SETTINGS, tmp_path)
    [before] = listed(source)
    new = next((partner.path / "new").iterdir())
    read = partner.path / "cur" / f"{new.name}:2,S"
    new.rename(read)
    assert listed(source) == [before]
    assert b"Pump." in source.fetch(before)
    read.rename(partner.path / "cur" / f"{new.name}:2,ST")
    assert listed(source) == []
    with pytest.raises(FetchError):
        source.fetch(before)


def test_folders_of_a_maildir_are_read_where_they_are_named(tmp_path: Path) -> None:
    partner = MaildirPartner(tmp_path)
    partner.box.add_folder("Pumps.Seals").add(message("seal", "x" * 2001))
    source = MaildirSource(MaildirOptions(url=partner.place, folders=("Pumps.Seals",)), SETTINGS, tmp_path)
    [one] = listed(source)
    assert one.uri.startswith(f"{source.uri}/Pumps.Seals/")
    with pytest.raises(TooLargeError):
        source.fetch(one)
    missing = MaildirSource(MaildirOptions(url=partner.place, folders=("Gone",)), SETTINGS, tmp_path)
    with pytest.raises(SourceError, match="nothing was removed"):
        listed(missing)


def test_a_mailbox_that_is_numbered_anew_loses_nothing_and_mixes_nothing_up(box: Mailbox) -> None:
    partner = ImapPartner(box)
    partner.put("a", "Pump.")
    with closing(open_imap(partner.place)) as source:
        [before] = listed(source)
    box.validity += 1
    with closing(open_imap(partner.place)) as source:
        with pytest.raises(FetchError, match="the mailbox was renumbered"):
            source.fetch(before)
        [after] = listed(source)
        assert (after.uri, after.stamp != before.stamp) == (before.uri, True)
        assert b"Pump." in source.fetch(after)


def test_a_connection_that_is_hung_up_is_made_again(box: Mailbox) -> None:
    partner = ImapPartner(box)
    partner.put("a", "Pump.")
    with closing(open_imap(partner.place)) as source:
        [one] = listed(source)
        box.hangs_up_after = 1
        with suppress(FetchError):
            source.close()
        assert b"Pump." in source.fetch(one)


def test_a_large_message_is_not_even_asked_for_and_a_lie_is_cut_off(box: Mailbox) -> None:
    box.put(message("large", "x" * 3000))
    uid = box.put(message("lie", "x"))
    box.claims_bytes = 10**12
    with closing(open_imap(f"imap://127.0.0.1:{box.port}")) as source:
        large, lie = listed(source)
        with pytest.raises(TooLargeError):
            source.fetch(large)
        assert not any("BODY" in asked for asked in box.asked)
        with pytest.raises(FetchError, match="more than the limit"):
            source.fetch(lie)
    assert lie.uri.endswith(f"INBOX/{uid}")


def test_wrong_passwords_and_mailboxes_are_plain_reasons(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        closing(open_imap(f"imap://127.0.0.1:{box.port}/Gone")) as source,
        pytest.raises(SourceError, match="no such mailbox"),
    ):
        listed(source)
    monkeypatch.setenv("IMAP_PASSWORD", "wrong")
    with (
        closing(open_imap(f"imap://127.0.0.1:{box.port}/INBOX")) as source,
        pytest.raises(SourceError, match="Authentication failed") as caught,
    ):
        listed(source)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    "place",
    [
        "imaps://ann:hunter2@example.com/",
        "imaps:///INBOX",
        "imaps://127.1/",
        "imap://e.org/a%0d%0aX",
        "maildir://x",
    ],
)
def test_addresses_that_are_no_mailbox(place: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        source_at(place, {}, READERS, load_settings(tmp_path))
    assert "hunter2" not in str(caught.value)


def test_a_server_inside_is_not_asked_unless_it_is_allowed(box: Mailbox) -> None:
    told = ImapOptions(url=f"imap://127.0.0.1:{box.port}/INBOX")
    with (
        closing(ImapSource(told, IngestSettings(), Path())) as source,
        pytest.raises(SourceError, match="not a public address"),
    ):
        listed(source)
    assert box.asked == []


DOVECOT = """
base_dir = {run}
log_path = {run}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mail}
default_internal_user = {user}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=hunter2
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={mail}
}}
"""


@contextmanager
def dovecot(partner: MaildirPartner) -> Iterator[int]:
    """Serve a Maildir by Dovecot as whoever runs this, or as its own user under root; give the port."""
    found = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip("needs dovecot")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    login = user
    if os.getuid() == 0:
        user, group, login = "dovecot", "dovecot", "dovenull"
        for path in (partner.path, *partner.path.rglob("*")):
            shutil.chown(path, user, group)
    run = partner.path.parent / "run"
    run.mkdir()
    told = DOVECOT.format(run=run, mail=partner.path, user=user, group=group, login=login, port=port)
    settings = partner.path.parent / "dovecot.conf"
    settings.write_text(told, "utf-8")
    with subprocess.Popen([found, "-F", "-c", settings], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_port(port)
            yield port
        finally:
            server.terminate()


def test_dovecot_gives_its_messages_and_marks_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "hunter2")
    with tempfile.TemporaryDirectory(prefix="vade-imap-") as folder:  # its sockets' paths have to be short
        Path(folder).chmod(0o755)
        partner = MaildirPartner(Path(folder))
        for number in range(3):
            partner.put(f"{number}", f"Pump {number}.")
        with dovecot(partner) as port:
            with closing(open_imap(f"imap://127.0.0.1:{port}/INBOX")) as source:
                first = listed(source)
                assert sorted(source.fetch(one).split()[-1] for one in first) == [b"0.", b"1.", b"2."]
            files = [path for path in partner.path.rglob("*") if path.is_file()]
            next(path for path in files if b"Pump 1." in path.read_bytes()).unlink()
            with closing(open_imap(f"imap://127.0.0.1:{port}/INBOX")) as source:
                second = listed(source)
        assert (len(second), set(second) < set(first)) == (2, True)
        flags = [path.name.partition(":2,")[2] for path in (partner.path / "cur").iterdir()]
        assert not any("S" in flag for flag in flags)
