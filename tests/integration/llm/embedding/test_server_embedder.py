"""Embedders and rerankers behind a URL: both dialects, and what a broken server does."""

import numpy as np
import pytest
from fakes.servers.model_server import model_server
from pydantic import ValidationError

from core.errors import EngineFullError, ModelUnavailableError, RequestInvalidError, ServerDownError
from core.server_settings import EmbedderServerSettings, RerankerServerSettings
from core.settings import LlmSettings
from llm.embedding.opening import open_embedder
from llm.reranking.opening import open_reranker

NO_WAIT = {"tries": 1, "connect_seconds": 1.0, "silence_seconds": 2.0}


def rows(texts):
    return [[float(len(text)), 1.0, 0.0] for text in texts]


def tei(body):
    return rows(body["inputs"])


def openai(body):
    found = [{"index": i, "embedding": row} for i, row in enumerate(rows(body["input"]))]
    return {"data": found[::-1]}


def embedder(server, dialect="openai", prompts=(None, None), **settings):
    url = server.url + ("/v1" if dialect == "openai" else "")
    return open_embedder(
        LlmSettings(
            embedder=url, question_prompt=prompts[0], passage_prompt=prompts[1],
            embedder_server=EmbedderServerSettings(
                model="bge", dimension=3, dialect=dialect, **{**NO_WAIT, **settings}
            ),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "answer", "path"), [("tei", tei, "/embed"), ("openai", openai, "/v1/embeddings")]
)
def test_unit_rows_in_order(dialect, answer, path):
    with model_server(answer) as server:
        vectors = embedder(server, dialect, max_texts=2).embed(["a", "bbb", "cc"])
        assert [asked for asked, _ in server.asked] == [path, path]
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)
    assert vectors[:, 0] / vectors[:, 1] == pytest.approx([1, 3, 2])


def test_prompts_are_put_in_front():
    with model_server(openai) as server:
        here = embedder(server, prompts=("query: ", "passage: "))
        here.embed(["pump"])
        here.embed_question("leaks?", [(0, 5, 9.0)])
        assert [body["input"] for _, body in server.asked] == [["passage: pump"], ["query: leaks?"]]
        assert here.model_id != embedder(server).model_id
        assert here.tokenizer.reads_cjk


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda body: [[1.0, 0.0]], ModelUnavailableError),
        (lambda body: [[1.0, 0.0, float("nan")]], ModelUnavailableError),
        (lambda body: [[0.0, 0.0, 0.0]], ModelUnavailableError),
        (lambda body: [["x", 0.0, 0.0]], ModelUnavailableError),
        (lambda body: {"error": "no"}, ModelUnavailableError),
        (lambda body: 500, ModelUnavailableError),
        (lambda body: 429, EngineFullError),
        (lambda body: 413, RequestInvalidError),
    ],
)
def test_malformed_vectors_are_an_error(answer, error):
    with model_server(answer) as server, pytest.raises(error):
        embedder(server, "tei").embed(["pump"])


def test_a_failed_try_is_repeated():
    with model_server(lambda body: 503, lambda body: 500, tei) as server:
        assert embedder(server, "tei", tries=3).embed(["pump"]).shape == (1, 3)
        assert len(server.asked) == 3


def test_a_broken_server_is_left_alone():
    with model_server(lambda body: 500) as server:
        here = embedder(server, "tei", breaker_failures=2)
        for _ in range(2):
            with pytest.raises(ModelUnavailableError):
                here.embed(["pump"])
        with pytest.raises(ServerDownError, match="try again in"):
            here.embed(["pump"])
        assert len(server.asked) == 2


def test_a_url_needs_a_name_and_a_dimension():
    with pytest.raises(ValidationError, match="dimension"):
        LlmSettings(embedder="http://127.0.0.1:1/v1")


def reranker(server, dialect, **settings):
    return open_reranker(
        LlmSettings(
            reranker=server.url,
            reranker_server=RerankerServerSettings(model="r", dialect=dialect, **{**NO_WAIT, **settings}),
        )
    )


def reranked_tei(body):
    return [{"index": i, "score": len(text) / 10} for i, text in enumerate(body["texts"])][::-1]


def reranked_openai(body):
    found = [{"index": i, "relevance_score": len(text) / 10} for i, text in enumerate(body["documents"])]
    return {"results": sorted(found, key=lambda entry: -entry["relevance_score"])}


@pytest.mark.parametrize(("dialect", "answer"), [("tei", reranked_tei), ("openai", reranked_openai)])
def test_a_score_for_each_text(dialect, answer):
    with model_server(answer) as server:
        scores = reranker(server, dialect, max_texts=2).scores("pump?", ["a", "bbb", "cc"])
        assert [body["query"] for _, body in server.asked] == ["pump?", "pump?"]
    assert scores == pytest.approx([0.1, 0.3, 0.2])


@pytest.mark.parametrize(
    "said", [[], [{"index": 0}], [{"index": 7, "score": 1.0}], {"results": 1}, [{"index": 0, "score": "x"}]]
)
def test_no_score_is_made_up(said):
    with model_server(lambda body: said) as server, pytest.raises(ModelUnavailableError):
        reranker(server, "tei").scores("pump?", ["a"])
