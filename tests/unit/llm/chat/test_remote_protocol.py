import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ModelUnavailableError, RequestInvalidError
from llm.chat.remote_protocol import MAX_EVENT_BYTES, body, overflow, read_answer, refuses_system
from llm.engine.request import Delta, Finish, FinishReason, Guide, GuideKind, Sampling, Usage
from llm.engine.text.conversation import ChatRequest, Message
from llm.servers.circuit import CircuitBreaker


def events(*objects, done=True):
    lines = [f"data: {json.dumps(one)}\n\n" for one in objects]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def piece(text=None, finish=None):
    return {"choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}]}


ANSWER = events(
    piece("Bar "), piece("6 🙂"), piece(finish="stop"),
    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2,
                              "prompt_tokens_details": {"cached_tokens": 8}}},
)  # fmt: skip
PARTS = [Delta("Bar "), Delta("6 🙂"), Finish(FinishReason.STOP, Usage(9, 8, 2))]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_an_answer_reads_the_same_however_its_bytes_are_cut(cuts):
    chunks, rest = [], ANSWER
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert list(read_answer([*chunks, rest])) == PARTS


def test_comments_and_other_fields_are_skipped():
    assert list(read_answer([b": keep-alive\n\nevent: x\n" + ANSWER.replace(b"\n", b"\r\n")])) == PARTS


def test_what_a_model_thinks_in_a_field_of_its_own_is_no_text():
    thought = [
        {"choices": [{"delta": {name: "It may be 9 bar."}}]} for name in ("reasoning_content", "reasoning")
    ]
    parts = list(read_answer([events(*thought, piece("6 bar"), piece(finish="stop"))]))
    assert parts == [Delta(), Delta(), Delta("6 bar"), Finish(FinishReason.STOP)]


def test_where_nothing_arrives_the_reader_gets_a_chance_to_leave():
    assert list(read_answer([None, ANSWER, None]))[:2] == [Delta(), Delta("Bar ")]


REFUSAL = "the model server answered 400: "


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "the request exceeds the available context size, try increasing it",
        '{"error":{"code":"context_length_exceeded"}}',
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096",
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    ],
)
def test_a_prompt_that_is_too_long_for_the_server_is_told_from_other_refusals(said):
    assert overflow(RequestInvalidError(REFUSAL + said))
    assert not overflow(RequestInvalidError(f"{REFUSAL}temperature must be below 2"))


@pytest.mark.parametrize(
    "said",
    ["System role not supported", "Conversation roles must alternate user/assistant/user/assistant/..."],
)
def test_a_refused_system_message_is_told_from_other_refusals(said):
    rules, asked = Message("system", "Rules."), Message("user", "Why?")
    assert refuses_system(RequestInvalidError(REFUSAL + said), ChatRequest(messages=(rules, asked)))
    assert not refuses_system(RequestInvalidError(REFUSAL + said), ChatRequest(messages=(asked,)))
    assert not refuses_system(RequestInvalidError(REFUSAL), ChatRequest(messages=(rules, asked)))


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (events(piece("half"), done=False), "broke off"),
        (events(piece("no reason")), "broke off"),
        (b"", "broke off"),
        (b"data: {nonsense\n\n", "invalid JSON"),
        (b"data: [1]\n\n", "not an object"),
        (events({"error": {"message": "out of memory"}}), "out of memory"),
        (b"x" * (MAX_EVENT_BYTES + 1), "a line of more than"),
    ],
)
def test_a_malformed_stream_is_an_error(stream, why):
    with pytest.raises(ModelUnavailableError, match=why):
        list(read_answer([stream]))


def request(**changes):
    return ChatRequest(messages=(Message("system", "Be brief."), Message("user", "Why?")), **changes)


def test_a_plain_server_gets_only_what_the_protocol_knows():
    guide = Guide(GuideKind.LARK, "start: x")
    sent = body(
        request(sampling=Sampling(max_tokens=7, temperature=0.5, seed=3, stop=("x",)), salt="s", guide=guide),
        "m",
        "openai",
    )
    assert sent["messages"][1] == {"role": "user", "content": "Why?"}
    assert (sent["model"], sent["max_tokens"], sent["temperature"], sent["seed"], sent["stop"]) == (
        "m", 7, 0.5, 3, ["x"],
    )  # fmt: skip
    assert not {"cache_salt", "top_k", "priority", "structured_outputs"} & set(sent)


def test_vllm_gets_grammar_salt_and_adapter():
    sent = body(request(guide=Guide(GuideKind.LARK, "start: x"), salt="s", adapter="a"), "m", "vllm")
    assert sent["structured_outputs"] == {"grammar": "start: x"}
    assert (sent["cache_salt"], sent["model"], sent["top_k"]) == ("s", "a", -1)


def test_a_schema_goes_to_everybody():
    guide = Guide(GuideKind.JSON_SCHEMA, '{"type": "object"}')
    assert body(request(guide=guide), "m", "openai")["response_format"]["json_schema"]["schema"] == {
        "type": "object"
    }


def test_the_breaker_opens_lets_one_try_and_closes():
    now = [0.0]
    breaker = CircuitBreaker(2, 10.0, lambda: now[0])
    assert breaker.seconds_until_try() == 0
    breaker.failed()
    assert breaker.seconds_until_try() == 0
    breaker.failed()
    assert breaker.seconds_until_try() == 10
    now[0] = 10.0
    assert breaker.seconds_until_try() == 0
    assert breaker.seconds_until_try() == 10, "one caller tries, the others wait"
    breaker.failed()
    now[0] = 19.0
    assert breaker.seconds_until_try() == 1
    now[0] = 20.0
    assert breaker.seconds_until_try() == 0
    breaker.succeeded()
    assert breaker.seconds_until_try() == 0
