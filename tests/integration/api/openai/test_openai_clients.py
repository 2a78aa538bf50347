"""OpenAI's own client and LangChain's, talking to the service over a socket."""

from collections.abc import Iterator

import numpy as np
import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from fakes.web import serving
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI, UnprocessableEntityError
from openai.types.chat import ChatCompletionMessageParam

from admin.identity.accounts import add_user
from admin.identity.keys import issue_key
from core.store.identity.accounts import Account
from core.values.identity import EVERY_SCOPE

QUESTION = "How fast does the pump run?"
STEPS = "How do I stop the pump?"


def asked(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": question}]


ASKED = asked(QUESTION)


class Service:
    """The service at an address, with the keys of two people."""

    def __init__(self, address: str, keys: dict[str, str]) -> None:
        self.address = address
        self.keys = keys

    def client(self, who: str = "ann") -> OpenAI:
        return OpenAI(base_url=f"{self.address}/v1", api_key=self.keys.get(who, who), max_retries=0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("data")
    app = make_app(data_dir, api={"sign_in": True}, retrieval={"min_support": 0.0})
    source = FakeSource()
    source.put("pump.md", "# The pump\n\nThe pump runs at 2900 revolutions per minute.", "user:ann")
    source.put(
        "stop.md",
        "# Stop the pump\n\nStop the pump as follows:\n\n1. Close the valve.\n2. Turn it off.",
        "user:ann",
    )
    app.ingestion.ingest(source)
    keys = {}
    for name in ("ann", "bob"):
        add_user(app.database, Account(name=name))
        keys[name] = issue_key(app.database, name, EVERY_SCOPE, 30)[0]
    with serving(app) as (host, port):
        yield Service(f"http://{host}:{port}", keys)


def test_an_answer_names_its_proofs_in_the_text_and_beside_it(service: Service) -> None:
    answer = service.client().chat.completions.create(model="vademecum", messages=ASKED)
    message = answer.choices[0].message
    assert message.content is not None
    assert "2900 revolutions per minute. [1]" in message.content
    first = (message.annotations or [])[0].url_citation
    assert message.content[first.start_index : first.end_index] == "[1]"
    assert "/v1/documents/" in first.url
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer.model_extra is not None
    assert answer.model_extra["vademecum"]["citations"][0]["quote"] in message.content


@pytest.mark.parametrize("question", [QUESTION, STEPS])
def test_the_stream_says_the_same(service: Service, question: str) -> None:
    client, messages = service.client(), asked(question)
    whole = client.chat.completions.create(model="vademecum", messages=messages)
    parts, usages = [], []
    for chunk in client.chat.completions.create(
        model="vademecum", messages=messages, stream=True, stream_options={"include_usage": True}
    ):
        parts += [choice.delta.content or "" for choice in chunk.choices]
        usages += [chunk.usage] if chunk.usage else []
    assert "".join(parts) == whole.choices[0].message.content
    assert usages == [whole.usage]


def test_steps_stay_steps(service: Service) -> None:
    answer = service.client().chat.completions.create(model="vademecum", messages=asked(STEPS))
    content = answer.choices[0].message.content or ""
    assert "\n1. Close the valve. [" in content
    assert "\n2. Turn it off. [" in content


def test_who_may_not_read_it_is_refused_in_words(service: Service) -> None:
    answer = service.client("bob").chat.completions.create(model="vademecum", messages=ASKED)
    content = answer.choices[0].message.content or ""
    assert "2900" not in content
    assert content.startswith("There is no document yet that you may read.")


def test_langchain_asks_with_a_conversation(service: Service) -> None:
    chat = ChatOpenAI(
        base_url=f"{service.address}/v1",
        api_key=lambda: service.keys["ann"],
        model="vademecum",
        max_retries=0,
    )
    conversation = [
        SystemMessage("Answer like a pirate."),
        HumanMessage(QUESTION),
        AIMessage("It runs at 2900 revolutions per minute."),
        HumanMessage("And how do I stop it?"),
    ]
    assert "Close the valve." in str(chat.invoke(conversation).content)
    assert "2900" in "".join(str(part.content) for part in chat.stream(QUESTION))


def test_embeddings_are_those_of_the_embedder_in_force(service: Service) -> None:
    client = service.client()
    names = [model.id for model in client.models.list()]
    assert names[0] == "vademecum"
    as_bytes = client.embeddings.create(model=names[1], input=["pump", "valve"])
    as_numbers = client.embeddings.create(model="vademecum", input="pump", encoding_format="float")
    assert len(as_bytes.data) == 2
    assert np.allclose(as_bytes.data[0].embedding, as_numbers.data[0].embedding)
    assert as_numbers.usage.total_tokens > 0


def test_a_wrong_key_is_said_as_openai_says_it(service: Service) -> None:
    with pytest.raises(AuthenticationError, match="unknown, revoked or expired"):
        service.client("vade_wrong").chat.completions.create(model="vademecum", messages=ASKED)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "Hello."}]},
        {"messages": [{"role": "user", "content": " "}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"n": 2},
    ],
)
def test_what_cannot_be_answered_is_an_error(service: Service, spoiled: dict[str, object]) -> None:
    with pytest.raises((BadRequestError, UnprocessableEntityError)):
        service.client().chat.completions.create(model="vademecum", messages=ASKED, extra_body=spoiled)


def test_another_model_is_not_there(service: Service) -> None:
    for call in (
        lambda: service.client().chat.completions.create(model="gpt-5", messages=ASKED),
        lambda: service.client().embeddings.create(model="ada", input="x"),
    ):
        with pytest.raises(NotFoundError, match="vademecum"):
            call()
