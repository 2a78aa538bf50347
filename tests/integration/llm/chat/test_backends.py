"""One contract for every neural back end: streamed words, one finish, equal seeds, leaving early."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from integration.llm.engine.test_serving import PASSAGES
from integration.llm.tiny_models import tiny_model
from integration.llm.tiny_tokenizer import tiny_tokenizer

from core.errors import ModelError
from core.settings import EngineSettings, LlmSettings, RemoteSettings
from core.values.answers import DraftSentence, Inquiry
from core.values.search import AccessScope
from llm.chat.backends import open_chat, open_neural
from llm.engine.request import Delta, Finish, Sampling
from llm.engine.text.conversation import ChatRequest, Message


class Parrot(BaseHTTPRequestHandler):
    """Speaks the protocol and always says the same."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        for text, finish in (("The boiler runs ", None), ("at 6 bar. [1]", "stop")):
            said = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}
            self.wfile.write(f"data: {json.dumps(said)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder, tokenizer = tmp_path_factory.mktemp("backends"), tiny_tokenizer()
    tiny_model(
        "granitemoe", vocab_size=len(tokenizer), max_position_embeddings=4096, eos_token_id=0
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield LlmSettings(
        model=folder,
        max_answer_tokens=64,
        engine=EngineSettings(pages=256, page_tokens=16, max_sequences=8, max_step_tokens=256),
        remote=RemoteSettings(url=f"http://127.0.0.1:{server.server_port}/v1", model="parrot"),
    )
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["engine", "remote", "hf"])
def chosen(request, settings):
    return settings.model_copy(update={"generator": request.param})


def ask(seed=0):
    return ChatRequest(
        messages=(Message("user", "How many bar?"),),
        sampling=Sampling(max_tokens=12, temperature=1.0, seed=seed),
    )


def words(parts):
    return "".join(part.text for part in parts if isinstance(part, Delta))


def test_words_come_first_and_one_finish_last(chosen):
    chat = open_chat(chosen)
    *deltas, finish = chat.stream(ask())
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert isinstance(finish, Finish)
    assert words(deltas)
    *again, finish_again = chat.stream(ask())
    assert words(again) == words(deltas)
    assert finish_again == finish
    chat.close()


def test_leaving_early_does_not_disturb_the_next(chosen):
    chat = open_chat(chosen)
    stream = chat.stream(ask())
    assert isinstance(stream, Generator)
    next(stream)
    stream.close()
    assert isinstance(list(chat.stream(ask()))[-1], Finish)
    chat.close()


def test_a_draft_cites_inside_the_passages_shown(chosen):
    generator = open_neural(chosen)
    inquiry = Inquiry(question="How many bar?", scope=AccessScope(frozenset()))
    drafted = [part for part in generator.draft(inquiry, PASSAGES) if isinstance(part, DraftSentence)]
    for sentence in drafted:
        for place, start, end in sentence.citations:
            assert PASSAGES[place].start <= start < end <= PASSAGES[place].end
    generator.close()


def test_counting_never_falls_short_by_much(chosen):
    chat = open_chat(chosen)
    assert chat.count_tokens("The boiler runs at 6 bar.") >= 6
    chat.close()


def test_a_folder_without_a_model_is_an_error(chosen, tmp_path):
    broken = chosen.model_copy(update={"model": tmp_path})
    if broken.generator == "remote":
        open_chat(broken).close()
        return
    with pytest.raises(ModelError):
        open_chat(broken)
