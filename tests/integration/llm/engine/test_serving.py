"""From a folder of weights to streamed, cited answers."""

import json
from dataclasses import replace

import pytest
from integration.llm.tiny_models import tiny_model
from integration.llm.tiny_tokenizer import tiny_tokenizer

from core.errors import (
    DeadlineExceededError,
    EngineClosedError,
    ModelError,
    RequestInvalidError,
    RequestTooLongError,
    UnsupportedModelError,
)
from core.settings import EngineSettings
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.search import AccessScope
from llm.chat.neural import AnswerOptions, NeuralGenerator
from llm.chat.prompt import build_prompt
from llm.engine.build import build_engine
from llm.engine.loader import open_engine
from llm.engine.request import Delta, Finish, FinishReason, Guide, GuideKind, Sampling
from llm.engine.seams.ops import TorchOps
from llm.engine.support import context_limit
from llm.engine.text.conversation import ChatRequest, Message

SETTINGS = EngineSettings(pages=256, page_tokens=16, max_sequences=8, max_step_tokens=256)
HOW_MANY = Inquiry(question="How many bar?", scope=AccessScope(frozenset()))
TEXT = "The boiler runs at 6 bar. The pump is checked every week. Tighten the bolts to 40 Nm."
PASSAGES = [
    Passage(
        chunk_id=n,
        document_id=n,
        uri=f"file:///{n}",
        title=f"Manual {n}",
        version=1,
        context="Start-up",
        text=TEXT,
        start=50 * n,
        chunk_start=50 * n,
        chunk_end=50 * n + 25,
        score=1.0,
    )
    for n in (4, 2)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = tiny_tokenizer()
    model = tiny_model("qwen3_moe", vocab_size=len(tokenizer), max_position_embeddings=4096, eos_token_id=0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def chat(folder):
    chat = open_engine(folder, SETTINGS)
    yield chat
    chat.close()


def ask(text="Why?", **changes):
    sampling = changes.pop("sampling", Sampling(max_tokens=24, temperature=1.0))
    return ChatRequest(messages=(Message("user", text),), sampling=sampling, **changes)


def said(chat, request):
    *deltas, finish = chat.stream(request)
    assert all(isinstance(delta, Delta) for delta in deltas)
    assert isinstance(finish, Finish)
    return "".join(delta.text for delta in deltas), finish


def test_a_conversation_streams_and_ends_with_its_usage(chat):
    text, finish = said(chat, ask())
    assert text
    assert finish.reason in {FinishReason.LENGTH, FinishReason.STOP}
    assert 0 < finish.usage.completion_tokens <= 24


def test_equal_seeds_give_equal_answers_and_others_do_not(chat):
    answers = [
        said(chat, ask(sampling=Sampling(max_tokens=24, temperature=1.0, seed=seed)))[0] for seed in (1, 1, 2)
    ]
    assert answers[0] == answers[1] != answers[2]


def test_a_stop_string_ends_the_text_before_it(chat):
    whole, _ = said(chat, ask(sampling=Sampling(max_tokens=40, temperature=1.0, seed=3)))
    stop = whole[6:8]
    text, finish = said(chat, ask(sampling=Sampling(max_tokens=40, temperature=1.0, seed=3, stop=(stop,))))
    assert text == whole[: whole.index(stop)]
    assert finish.reason is FinishReason.STOP


def test_logprobs_come_with_their_tokens(chat):
    *deltas, finish = chat.stream(ask(sampling=Sampling(max_tokens=6, logprobs=2)))
    reports = [report for delta in deltas for report in delta.logprobs]
    assert [report.token for report in reports] == [token for delta in deltas for token in delta.tokens]
    assert len(reports) == finish.usage.completion_tokens
    for report in reports:
        assert report.top[0] == (report.token, report.logprob), "greedy takes the likeliest"
        assert report.top[0][1] > report.top[1][1]


@pytest.mark.parametrize("seed", range(6))
def test_a_schema_binds_even_a_random_model(chat, seed):
    schema = {
        "type": "object", "additionalProperties": False, "required": ["ok", "why"],
        "properties": {"ok": {"type": "boolean"}, "why": {"type": "string", "maxLength": 8}},
    }  # fmt: skip
    guide = Guide(GuideKind.JSON_SCHEMA, json.dumps(schema))
    text, finish = said(chat, ask(guide=guide, sampling=Sampling(max_tokens=200, temperature=1.5, seed=seed)))
    assert finish.reason is FinishReason.STOP
    answer = json.loads(text)
    assert set(answer) == {"ok", "why"}
    assert len(answer["why"]) <= 8


def test_random_model_can_cite_only_its_passages(chat):
    generator = NeuralGenerator(chat, AnswerOptions(max_tokens=700))
    drafted = generator.draft(HOW_MANY, PASSAGES)
    sentences = [part for part in drafted if isinstance(part, DraftSentence)]
    assert sentences
    for sentence in sentences:
        for place, start, end in sentence.citations:
            assert PASSAGES[place].start <= start < end <= PASSAGES[place].end
            assert PASSAGES[place].cite(start, end).quote in TEXT


def test_the_second_question_over_the_same_passages_finds_them_computed(chat):
    usages = []
    for question in ("How many bar?", "Which torque?"):
        messages = build_prompt(
            replace(HOW_MANY, question=question), PASSAGES, chat.count_tokens, 4000
        ).messages
        request = ChatRequest(messages=messages, sampling=Sampling(max_tokens=4), salt="a")
        usages.append(said(chat, request)[1].usage)
    assert usages[0].cached_tokens == 0
    assert usages[1].cached_tokens > 0.7 * usages[1].prompt_tokens


def test_without_a_salt_no_page_is_shared(chat):
    usages = [said(chat, ask(TEXT * 3))[1].usage for _ in range(2)]
    assert [usage.cached_tokens for usage in usages] == [0, 0]


def test_leaving_the_stream_frees_its_pages(chat):
    stream = chat.stream(ask(sampling=Sampling(max_tokens=2000, temperature=1.0)))
    next(stream)
    stream.close()
    assert said(chat, ask())[1].usage.completion_tokens
    while chat.snapshot().unfinished:
        pass
    assert chat.snapshot().held_pages == 0


def test_impossible_request_is_refused_before_it_begins(chat):
    with pytest.raises(RequestTooLongError):
        said(chat, ask(sampling=Sampling(max_tokens=10**9)))
    with pytest.raises(RequestInvalidError):
        said(chat, ask(guide=Guide(GuideKind.LARK, "nonsense")))
    with pytest.raises(DeadlineExceededError):
        said(chat, ask(timeout_seconds=0))


def test_closed_engine_is_an_error(folder):
    chat = open_engine(folder, SETTINGS)
    chat.close()
    with pytest.raises(EngineClosedError):
        said(chat, ask())


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(ModelError, match="no model"):
        open_engine(tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (
            {"model_type": "granitemoehybrid", "num_hidden_layers": 2, "layer_types": ["mamba", "attention"]},
            "keep no pages",
        ),
        ({"model_type": "qwen3_next", "num_hidden_layers": 4}, "linear_attention"),
        ({"model_type": "deepseek_v32", "index_topk": 64}, "keep no pages"),
        ({"model_type": "t5"}, "encoder-decoder"),
    ],
)
def test_unsupported_model_is_refused_with_an_alternative(tmp_path, config, why):
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UnsupportedModelError, match=why) as refusal:
        open_engine(tmp_path, SETTINGS)
    assert "`hf` back end" in str(refusal.value)


def test_too_little_memory_is_an_error_that_names_the_missing_bytes(folder):
    with pytest.raises(ModelError, match="bytes more are needed"):
        open_engine(folder, EngineSettings(memory_bytes=1000))
    with pytest.raises(ModelError, match="bytes more are needed"):
        open_engine(folder, EngineSettings(pages=1, max_sequences=1, page_tokens=8))


class LoudOps(TorchOps):
    def write(self, streams, slots, states):
        super().write(streams, slots, (states[0] * 1.5, states[1] * 1.5))


def test_pages_that_change_the_answer_are_noticed_at_start():
    with pytest.raises(UnsupportedModelError, match="computes differently"):
        build_engine(tiny_model("qwen3_moe"), SETTINGS, LoudOps())


def test_length_dependent_rope_is_kept_within_its_trained_length():
    rope = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0, "original_max_position_embeddings": 64}
    assert context_limit(tiny_model("llama", rope_parameters=rope).config) == 64
    assert context_limit(tiny_model("llama").config) == 512
