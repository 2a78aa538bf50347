"""An entailment model from a folder has a say in the citation check; a tiny one is made on the spot."""

import json

import numpy as np
import pytest
import torch
from fakes.passages import passage
from integration.llm.tiny_encoders import cross_encoder_folder
from tokenizers import Tokenizer

from core.errors import ModelError
from core.settings import LlmSettings
from core.values.answers import DraftSentence
from llm.entailment.entailment import Entailment, Relation
from llm.entailment.opening import open_entailment
from retrieval.citation_check import proven

SOURCE = "the pump runs hot at six bar"
SENTENCE = "the valve leaks"


def named(folder, labels):
    """Give the classes of a model their names."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["id2label"] = {str(number): label for number, label in enumerate(labels)}
    path.write_text(json.dumps(config))


def opened(folder) -> Entailment:
    found = open_entailment(LlmSettings(entailment=str(folder), dtype="float32"))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize(
    "labels", [("CONTRADICTION", "neutral", "entailment"), ("entailment", "x", "contradiction")]
)
def test_the_relation_equals_a_plain_pass(tmp_path, kind, labels):
    model = cross_encoder_folder(tmp_path, kind, labels=3)
    named(tmp_path, labels)
    relation = opened(tmp_path).relation(SOURCE, SENTENCE)
    pair = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode(SOURCE, SENTENCE)
    types = {"token_type_ids": torch.tensor([pair.type_ids])} if kind == "bert" else {}
    with torch.inference_mode():
        shares = model(torch.tensor([pair.ids]), **types).logits[0].softmax(0).tolist()
    by_name = dict(zip([label.casefold() for label in labels], shares, strict=True))
    assert relation.entailed == pytest.approx(by_name["entailment"], abs=1e-5)
    assert relation.contradicted == pytest.approx(by_name["contradiction"], abs=1e-5)
    assert len(set(np.round(shares, 4))) > 1


def test_a_model_without_names_for_its_classes_is_refused(tmp_path):
    cross_encoder_folder(tmp_path, labels=3)
    with pytest.raises(ModelError, match="id2label"):
        opened(tmp_path).relation(SOURCE, SENTENCE)


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(ModelError, match=r"entailment model in .* cannot be loaded"):
        opened(tmp_path / "nowhere").relation(SOURCE, SENTENCE)


def test_none_is_chosen_by_default():
    assert open_entailment(LlmSettings()) is None


class Opinion:
    """An entailment model with one opinion."""

    name = "opinion"

    def __init__(self, entailed: float, contradicted: float) -> None:
        self._relation = Relation(entailed, contradicted)

    def relation(self, source: str, sentence: str) -> Relation:
        return self._relation


TEXT = "The pump has to be serviced every month."
SURE, AGAINST, UNSURE = Opinion(0.97, 0.01), Opinion(0.01, 0.97), Opinion(0.4, 0.2)


@pytest.mark.parametrize(
    ("said", "opinion", "passes"),
    [
        ("The pump must be serviced every month.", None, True),
        ("The pump must be serviced every month.", UNSURE, True),
        ("The pump must be serviced every month.", AGAINST, False),  # it may object
        ("The pump must be overhauled every month.", None, False),
        ("The pump must be overhauled every month.", SURE, False),  # not for a word in the place of another
        ("The gadget, a pump, must be serviced every month.", None, False),
        ("The gadget, a pump, must be serviced every month.", SURE, True),  # it may vouch for a word
        ("The gadget, a pump, must be serviced every month.", UNSURE, False),
        ("The pump Q-9 must be serviced every month.", SURE, False),  # not for a name
        ("The pump must not be serviced every month.", SURE, False),  # nor against a rule
        ("The pump must be serviced every 2 months.", SURE, False),
    ],
)
def test_a_model_may_object_and_vouch_for_a_word(said, opinion, passes):
    found = proven(DraftSentence(said, ((0, 0, len(TEXT)),), 1.0), [passage(TEXT)], opinion)
    assert (found is not None and found.said.text == said) is passes
