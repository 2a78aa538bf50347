"""Any sentence-transformers folder is an embedder; what it gives equals a plain forward pass."""

import json

import numpy as np
import pytest
import torch
from integration.llm.tiny_encoders import encoder_folder
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.settings import LlmSettings
from llm.embedding.folder import embedder_folder
from llm.embedding.opening import open_embedder

TEXTS = ["the pump leaks", "how hot does the pump run at six bar", "valve"]


def embedder(folder, **settings):
    return open_embedder(LlmSettings(embedder=str(folder), dtype="float32", **settings))


def plain(model, tokenizer, text, pooling):
    """One text at a time, without padding or batches."""
    ids = torch.tensor(tokenizer.ids([text]))
    with torch.inference_mode():
        [states] = (model.get_encoder() if model.config.is_encoder_decoder else model)(ids).last_hidden_state
    pooled = {"cls": states[0], "mean": states.mean(0), "max": states.amax(0), "lasttoken": states[-1]}
    return torch.nn.functional.normalize(pooled[pooling], dim=0).numpy()


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "lasttoken"])
@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "t5"])
def test_poolings(tmp_path, kind, pooling):
    model = encoder_folder(tmp_path, kind, pooling)
    here = embedder(tmp_path)
    vectors = here.embed(TEXTS)
    assert vectors.shape == (3, here.dimension)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert vector == pytest.approx(plain(model, here.tokenizer, text, pooling), abs=1e-5)
    assert here.embed_question(TEXTS[1], []) == pytest.approx(vectors[1], abs=1e-5)


def test_only_a_mean_takes_weights(tmp_path):
    encoder_folder(tmp_path, pooling="cls")
    weights = [(0, 3, 5.0)]
    here = embedder(tmp_path)
    assert here.embed_question(TEXTS[1], weights) == pytest.approx(here.embed([TEXTS[1]])[0], abs=1e-5)


def test_prompts_of_the_folder(tmp_path):
    encoder_folder(tmp_path / "bare")
    encoder_folder(tmp_path / "asks", prompts={"query": "query: ", "document": "passage: "})
    bare, asks = embedder(tmp_path / "bare"), embedder(tmp_path / "asks")
    assert asks.embed(["pump"]) == pytest.approx(bare.embed(["passage: pump"]), abs=1e-5)
    whole = "query: how hot"
    weighed = bare.embed_question(whole, [(7, 10, 2.0)])
    assert asks.embed_question("how hot", [(0, 3, 2.0)]) == pytest.approx(weighed, abs=1e-5)
    assert asks.tokenizer.added_tokens == bare.tokenizer.added_tokens + 2


def test_prompts_of_the_settings_win_and_name_other_vectors(tmp_path):
    encoder_folder(tmp_path, prompts={"query": "query: ", "passage": "passage: "})
    said, without = embedder(tmp_path), embedder(tmp_path, passage_prompt="")
    assert said.model_id != without.model_id
    assert embedder(tmp_path, question_prompt="how ").model_id == said.model_id
    assert without.embed(["passage: pump"]) == pytest.approx(said.embed(["pump"]), abs=1e-5)


def test_a_dense_layer_behind_the_pooling(tmp_path):
    model = encoder_folder(tmp_path, dense=8)
    here = embedder(tmp_path)
    assert here.dimension == 8
    weights = load_file(tmp_path / "2_Dense" / "model.safetensors")
    with torch.inference_mode():
        [states] = model(torch.tensor(here.tokenizer.ids(TEXTS[:1]))).last_hidden_state
    out = torch.tanh(weights["linear.weight"] @ states.mean(0) + weights["linear.bias"])
    assert here.embed(TEXTS[:1])[0] == pytest.approx((out / out.norm()).numpy(), abs=1e-5)


def test_other_weights_are_another_model(tmp_path):
    for seed in (0, 1):
        encoder_folder(tmp_path / str(seed) / "model", seed=seed, dense=8)
    first, second = (embedder_folder(str(tmp_path / name / "model")) for name in "01")
    assert first.name == second.name == "model"
    assert first.model_id != second.model_id


def test_positions_that_count_from_padding(tmp_path):
    encoder_folder(tmp_path, "xlm-roberta")
    here = embedder(tmp_path)
    assert here.tokenizer.max_tokens == 63
    assert np.isfinite(here.embed(["pump " * 200])).all()


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("modules.json", [{"path": "", "type": "x.Transformer"}, {"path": "1", "type": "x.LSTM"}], "LSTM"),
        ("modules.json", {"0": "Transformer"}, "not hold a list"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
            "pooling",
        ),
        ("1_Pooling/config.json", {"pooling_mode": "attention"}, "pooling"),
        ("config.json", "{", "cannot be read"),
    ],
)
def test_what_is_not_known_is_said(tmp_path, file, content, words):
    encoder_folder(tmp_path)
    (tmp_path / file).write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ModelError, match=words):
        embedder(tmp_path).embed(TEXTS)


def test_the_newer_spelling_of_a_pooling(tmp_path):
    encoder_folder(tmp_path, pooling="cls")
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    assert embedder_folder(str(tmp_path)).pooling == "mean"


def test_an_empty_folder_says_what_is_needed(tmp_path):
    with pytest.raises(ModelError, match="holds no embedder"):
        embedder(tmp_path)


@pytest.mark.parametrize(("lost", "refused"), [("pooler.dense.weight", False), ("encoder.layer.1", True)])
def test_weights_that_are_not_in_the_folder_are_not_made_up(tmp_path, lost, refused):
    encoder_folder(tmp_path / "e")
    path = tmp_path / "e" / "model.safetensors"
    save_file({name: values for name, values in load_file(path).items() if lost not in name}, path)
    embedder = open_embedder(LlmSettings(embedder=str(tmp_path / "e")))
    if refused:
        with pytest.raises(ModelError, match=r"lacks the weight encoder\.layer\.1.* and 15 others"):
            embedder.embed(["pump"])
    else:
        assert embedder.embed(["pump"]).shape == (1, embedder.dimension)
