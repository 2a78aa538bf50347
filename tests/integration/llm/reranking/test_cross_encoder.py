"""Any cross-encoder folder is a reranker; its scores equal a plain forward pass."""

import json

import pytest
import torch
from integration.llm.tiny_encoders import cross_encoder_folder, encoder_folder
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from core.errors import ModelError
from core.settings import LlmSettings
from llm.reranking.opening import open_reranker

QUESTION = "how hot does the pump run"
TEXTS = ["the pump leaks", "the pump run hot at six bar", "valve", "the valve leaks at six bar"]


def reranker(folder, **settings):
    return open_reranker(LlmSettings(reranker=str(folder), dtype="float32", **settings))


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("labels", [1, 2])
def test_scores_equal_a_plain_pass(tmp_path, kind, labels):
    model = cross_encoder_folder(tmp_path, kind, labels)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    scores = reranker(tmp_path, batch_tokens=256).scores(QUESTION, TEXTS)
    for text, score in zip(TEXTS, scores, strict=True):
        pair = tokenizer.encode(QUESTION, text)
        types = {"token_type_ids": torch.tensor([pair.type_ids])} if kind == "bert" else {}
        with torch.inference_mode():
            [logits] = model(torch.tensor([pair.ids]), **types).logits
        expected = logits[0].sigmoid() if labels == 1 else logits.softmax(0)[1]
        assert score == pytest.approx(float(expected), abs=1e-5)
    assert len({round(float(score), 4) for score in scores}) > 1


def test_a_long_passage_is_cut(tmp_path):
    cross_encoder_folder(tmp_path, "xlm-roberta")
    long = "the pump " * 300
    [score] = reranker(tmp_path).scores(QUESTION, [long])
    assert 0 < score < 1


def test_an_embedder_is_refused_as_a_reranker(tmp_path):
    encoder_folder(tmp_path)
    with pytest.raises(ModelError, match="not hold a cross-encoder"):
        reranker(tmp_path).scores(QUESTION, TEXTS)


def test_a_model_with_three_classes_is_refused_as_a_reranker(tmp_path):
    cross_encoder_folder(tmp_path, labels=3)
    with pytest.raises(ModelError, match="3 classes"):
        reranker(tmp_path).scores(QUESTION, TEXTS)


def test_a_damaged_folder_says_so(tmp_path):
    cross_encoder_folder(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        reranker(tmp_path).scores(QUESTION, TEXTS)


def test_no_reranker_is_chosen_by_default():
    assert open_reranker(LlmSettings()) is None


@pytest.mark.parametrize("lost", ["classifier.weight", "bert.pooler.dense.weight"])
def test_weights_that_are_not_in_the_folder_are_not_made_up(tmp_path, lost):
    cross_encoder_folder(tmp_path / "r")
    path = tmp_path / "r" / "model.safetensors"
    save_file({name: values for name, values in load_file(path).items() if name != lost}, path)
    reranker = open_reranker(LlmSettings(reranker=str(tmp_path / "r")))
    assert reranker is not None
    with pytest.raises(ModelError, match=f"lacks the weight {lost};"):
        reranker.scores("pump", ["leak"])
