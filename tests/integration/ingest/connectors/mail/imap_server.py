"""As much of an IMAP server as the contract needs, with the faults that a test asks for."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_FETCH = re.compile(r"FETCH (\d+) \((.+)\)", re.IGNORECASE)


class Mailbox:
    """Messages by number."""

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        self.validity = 7
        self.next_uid = 1
        self.port = 0
        self.password = "hunter2"
        self.failing: set[int] = set()
        self.is_down = False
        self.claims_bytes = 0
        self.hangs_up_after = 0
        self.asked: list[str] = []

    def put(self, message: bytes) -> int:
        self.next_uid += 1
        self.messages[self.next_uid] = message
        return self.next_uid


class _Handler(socketserver.StreamRequestHandler):
    mailbox: Mailbox

    def handle(self) -> None:
        self.say("* OK ready")
        if self.mailbox.is_down:
            return
        count = 0
        while line := self.rfile.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.mailbox.asked.append(command)
            count += 1
            if self.mailbox.hangs_up_after and count > self.mailbox.hangs_up_after:
                self.mailbox.hangs_up_after = 0
                return
            self.say(f"{tag} {self.answer(command)}")
            if command.upper() == "LOGOUT":
                return

    def answer(self, command: str) -> str:
        verb = command.upper()
        box = self.mailbox
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN"):
            if box.password not in command:
                return "NO [AUTHENTICATIONFAILED] Authentication failed."
        elif verb.startswith("EXAMINE"):
            if "INBOX" not in verb:
                return "NO no such mailbox"
            self.say(f"* {len(box.messages)} EXISTS", f"* OK [UIDVALIDITY {box.validity}] valid")
        elif verb.startswith("UID SEARCH"):
            self.say(f"* SEARCH {' '.join(map(str, box.messages))}".rstrip())
        elif match := _FETCH.search(command):
            return self.fetch(int(match[1]), match[2])
        elif verb == "LOGOUT":
            self.say("* BYE")
        else:
            return "BAD unknown"
        return "OK done"

    def fetch(self, uid: int, what: str) -> str:
        message = self.mailbox.messages.get(uid)
        if uid in self.mailbox.failing:
            return "NO the disk is full"
        if message is None:
            return "OK nothing there"
        if what == "RFC822.SIZE":
            self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(message)})")
            return "OK done"
        assert what == "BODY.PEEK[]", "nothing may be marked as seen"
        claimed = self.mailbox.claims_bytes or len(message)
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[] {{{claimed}}}\r\n".encode() + message + b")\r\n")
        return "OK done"

    def say(self, *lines: str) -> None:
        with suppress(OSError):  # the client has gone
            for line in lines:
                self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def imap_server() -> Iterator[Mailbox]:
    """Serve a mailbox on a free port."""
    mailbox = Mailbox()
    handler = type("Handler", (_Handler,), {"mailbox": mailbox})
    with _Server(("127.0.0.1", 0), handler) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield mailbox
        server.shutdown()
        thread.join()
