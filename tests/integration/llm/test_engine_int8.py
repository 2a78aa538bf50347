"""What INT8 pages do to answers, on a small model that was trained to look up, copy and cite."""

from hashlib import sha256
from pathlib import Path

import citing_model
import pytest
import torch
from safetensors.torch import load_model, save_model
from test_engine_parity import PROMPTS, WAYS, answer_all, engine_for, model_and_reference
from tiny_models import VOCABULARY

from core.settings import EngineSettings
from llm.engine.attention import detach
from llm.engine.batch import pack
from llm.engine.build import count_pages, page_model
from llm.engine.layout import watch_layout
from llm.engine.ops import TorchOps
from llm.engine.plan import Plan, Row
from llm.engine.request import GenerationRequest
from llm.engine.sequence import Sequence

PAGE = 8


@pytest.fixture(scope="module")
def citing(request):
    """The trained model, from pytest's cache if this script trained it before."""
    version = sha256(Path(citing_model.__file__).read_bytes() + torch.__version__.encode()).hexdigest()[:16]
    file = Path(request.config.cache.mkdir("citing-model")) / f"{version}.safetensors"
    if file.exists():
        model = citing_model.untrained_model().eval()
        load_model(model, file)
    else:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        model = citing_model.train()
        torch.set_num_threads(threads)
        save_model(model, file)
    return model


def taught(model, kv_dtype, examples, first):
    """Return `(count, t - first, vocabulary)` float32 logits of each place from `first` on.

    What stands before `first` goes in as a chunk, the rest token by token, all of it as it should be.
    """
    settings = EngineSettings(page_tokens=PAGE, pages=512, kv_dtype=kv_dtype, max_sequences=64)
    detach(model)
    layout = watch_layout(model)
    forward = page_model(model, layout, count_pages(layout, settings), settings, TorchOps())
    sequences, each = [], -(-examples.shape[1] // PAGE)
    for number, tokens in enumerate(examples.tolist()):
        sequences.append(Sequence(number, GenerationRequest(tuple(tokens)), 0.0))
        sequences[-1].pages = list(range(number * each, (number + 1) * each))
    logits, start = [], 0
    for stop in range(first, examples.shape[1]):
        for sequence, tokens in zip(sequences, examples.tolist(), strict=True):
            sequence.tokens = tokens[:stop]
        rows = tuple(Row(sequence, start, stop) for sequence in sequences)
        logits.append(forward(pack(Plan(rows), PAGE, torch.device("cpu"))))
        start = stop
    return torch.stack(logits, 1)


def test_int8_pages_keep_the_trained_models_answers(citing):
    examples = citing_model.examples(48, torch.Generator().manual_seed(99))
    answers = citing_model.answer_mask(examples)
    first = int(answers.nonzero()[0])
    exact, rounded = (
        taught(citing, kv_dtype, examples, first)[:, answers[first:]] for kv_dtype in ("model", "int8")
    )
    right = (exact.argmax(-1) == examples[:, answers]).float().mean()
    agreement = (exact.argmax(-1) == rounded.argmax(-1)).float().mean()
    divergence = (exact.softmax(-1) * (exact.log_softmax(-1) - rounded.log_softmax(-1))).sum(-1).mean()
    print(f"right {right:.2%}, top-1 agreement {agreement:.3%}, mean KL {divergence:.2e}")
    assert right > 0.97, "the fixture has not learned to look up and cite"
    assert not torch.equal(exact, rounded), "INT8 was not in use"
    assert agreement >= 0.99
    assert divergence <= 1e-3


@pytest.mark.parametrize("name", ["qwen3_moe", "mixtral_window", "gpt_oss", "deepseek_v3", "glm4_moe_lite"])
def test_int8_answers_are_the_same_however_they_are_batched(name):
    model, _ = model_and_reference(name)
    alone, _ = answer_all(engine_for(model, kv_dtype="int8", max_sequences=1), PROMPTS)
    for way in WAYS.values():
        assert answer_all(engine_for(model, kv_dtype="int8", **way), PROMPTS)[0] == alone


@pytest.mark.parametrize("name", ["deepseek_v2", "deepseek_v3_yarn", "glm4_moe_lite", "gpt_oss", "mixtral"])
def test_int8_pages_change_a_random_models_logits_little(name):
    examples = torch.randint(1, VOCABULARY, (8, 60), generator=torch.Generator().manual_seed(5))
    model, _ = model_and_reference(name)
    exact, rounded = (taught(model, kv_dtype, examples, 40) for kv_dtype in ("model", "int8"))
    errors = (exact - rounded).norm(dim=-1) / exact.norm(dim=-1)
    assert 0 < errors.median() < 0.05
