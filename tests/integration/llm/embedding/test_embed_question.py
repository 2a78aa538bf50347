"""A question's vector, by the built-in model: words have a say by their weight."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.settings import LlmSettings
from llm.embedding.opening import DeferredEmbedder

QUESTION = "Does the ESP32-S3 support 泵 Bluetooth printing?"


@pytest.fixture(scope="module")
def embedder() -> DeferredEmbedder:
    return DeferredEmbedder(LlmSettings(dtype="float32"))


def test_words_of_one_weight_say_what_the_text_says(embedder: DeferredEmbedder) -> None:
    [plain] = embedder.embed([QUESTION])
    assert embedder.embed_question(QUESTION, []) == pytest.approx(plain, abs=1e-5)
    even = [(0, len(QUESTION), 0.5)]
    assert embedder.embed_question(QUESTION, even) == pytest.approx(plain, abs=1e-5)


def test_a_word_that_weighs_more_draws_the_question_to_it(embedder: DeferredEmbedder) -> None:
    start = QUESTION.index("Bluetooth")
    vectors = embedder.embed(["Bluetooth", "ESP32-S3"])
    likeness = [
        vectors @ embedder.embed_question(QUESTION, [(start, start + len("Bluetooth"), weight)])
        for weight in (0.05, 5.0)
    ]
    assert likeness[1][0] > likeness[0][0] + 0.1
    assert likeness[1][1] < likeness[0][1]


def test_a_question_vector_has_unit_length_and_a_long_question_is_cut(embedder: DeferredEmbedder) -> None:
    for question in (QUESTION, "pump " * 1000, "?"):
        vector = embedder.embed_question(question, [(0, 4, 3.0)])
        assert vector.shape == (384,)
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_questions_asked_at_once_get_the_vectors_that_each_would_get_alone(
    embedder: DeferredEmbedder,
) -> None:
    asked = [QUESTION, "pump", "Which valve is behind the second pump of the plant?", "E-42"]
    alone = [embedder.embed_question(question, [(0, 4, 3.0)]) for question in asked]

    with ThreadPoolExecutor(len(asked)) as pool:
        together = list(
            pool.map(lambda question: embedder.embed_question(question, [(0, 4, 3.0)]), 5 * asked)
        )

    np.testing.assert_allclose(together, 5 * alone, atol=1e-6)
