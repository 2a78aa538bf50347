"""Fetching a model from a hub on the loopback."""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import ModelError
from llm.models.pull import LOCK_FILE, pull

COMMIT, NEWER = "a" * 40, "b" * 40
WEIGHTS = bytes(range(256)) * 9000


def blob(content):
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


class Hub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"model.safetensors": WEIGHTS, "config.json": b"{}", "1_Pooling/config.json": b"{}"}
        unwanted = ("modeling_evil.py", "pytorch_model.bin", "../outside.json", "sub/config.json")
        self.files |= dict.fromkeys(unwanted, b"boom")
        self.main, self.cut_after, self.asked, self.served = COMMIT, None, [], {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def listing(self, revision):
        siblings = []
        for name, content in self.files.items():
            entry = {"rfilename": name, "size": len(content), "blobId": blob(content)}
            if name.endswith("safetensors"):
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            siblings.append(entry)
        return {"sha": self.main if revision == "main" else revision, "siblings": siblings}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub, start = self.server, 0
        assert isinstance(hub, Hub)
        hub.asked.append(self.path)
        if match := re.fullmatch(r"/api/models/o/m/revision/([^?]+)\?blobs=true", self.path):
            return self.reply(200, json.dumps(hub.listing(match.group(1))).encode())
        match = re.fullmatch(r"/o/m/resolve/[0-9a-f]{40}/(.+)", self.path)
        if not match or match.group(1) not in hub.files:
            return self.reply(404, b"")
        content = hub.served.get(match.group(1), hub.files[match.group(1)])
        if self.headers["Range"]:
            start = int(self.headers["Range"][6:-1])
        return self.reply(206 if start else 200, content[start:], hub.cut_after)

    def reply(self, status, content, cut_after=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut_after])

    def log_message(self, *args):
        pass


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.shutdown()
    hub.server_close()


def test_weights_and_text_arrive_and_nothing_that_can_hold_code(hub, tmp_path):
    heard = []
    commit = pull("o/m", tmp_path / "m", hub=hub.url, progress=lambda *news: heard.append(news))
    assert commit == COMMIT
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    assert sorted(str(path.relative_to(tmp_path / "m")) for path in files) == [
        "1_Pooling/config.json", "config.json", "model.safetensors", LOCK_FILE,
    ]  # fmt: skip
    assert (tmp_path / "m" / "model.safetensors").read_bytes() == WEIGHTS
    assert heard[-1][1:] in {(len(WEIGHTS), len(WEIGHTS)), (2, 2)}


def test_a_cut_off_fetch_is_resumed_where_it_stopped(hub, tmp_path):
    hub.cut_after = 2**20 + 17
    with pytest.raises(ModelError, match="run again"):
        pull("o/m", tmp_path, hub=hub.url)
    assert 0 < (tmp_path / "model.safetensors.part").stat().st_size <= hub.cut_after
    hub.cut_after = None
    pull("o/m", tmp_path, hub=hub.url)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


def test_what_is_there_is_not_fetched_again(hub, tmp_path):
    pull("o/m", tmp_path, hub=hub.url)
    hub.asked.clear()
    pull("o/m", tmp_path, hub=hub.url)
    assert len(hub.asked) == 1


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_that_is_not_what_the_hub_listed_is_thrown_away(hub, tmp_path, name):
    hub.served[name] = bytes(len(hub.files[name]))
    with pytest.raises(ModelError, match="differs from its hash on the hub"):
        pull("o/m", tmp_path, hub=hub.url)
    assert not (tmp_path / name).exists()
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_file_that_changed_on_disk_is_fetched_again(hub, tmp_path):
    pull("o/m", tmp_path, hub=hub.url)
    (tmp_path / "config.json").write_bytes(b"tampered")
    pull("o/m", tmp_path, hub=hub.url)
    assert (tmp_path / "config.json").read_bytes() == b"{}"


def test_a_pulled_folder_keeps_its_commit_until_another_is_named(hub, tmp_path):
    pull("o/m", tmp_path, hub=hub.url)
    hub.main = NEWER
    assert pull("o/m", tmp_path, hub=hub.url) == COMMIT
    assert pull("o/m", tmp_path, revision=NEWER, hub=hub.url) == NEWER


def test_a_model_without_safetensors_is_refused(hub, tmp_path):
    del hub.files["model.safetensors"]
    with pytest.raises(ModelError, match="no safetensors"):
        pull("o/m", tmp_path, hub=hub.url)


@pytest.mark.parametrize("name", ["", "m", "../../etc", "o/m/x", "http://x/y"])
def test_a_malformed_repository_name_is_refused(hub, tmp_path, name):
    with pytest.raises(ModelError, match="not the name of a repository"):
        pull(name, tmp_path, hub=hub.url)


def test_a_model_that_the_hub_does_not_know_is_an_error(hub, tmp_path):
    with pytest.raises(ModelError, match="404"):
        pull("o/other", tmp_path, hub=hub.url)


def test_a_damaged_lock_pins_nothing_silently(hub, tmp_path):
    (tmp_path / LOCK_FILE).write_text('{"repository": "o/m"}')
    with pytest.raises(ModelError, match="damaged"):
        pull("o/m", tmp_path, hub=hub.url)
