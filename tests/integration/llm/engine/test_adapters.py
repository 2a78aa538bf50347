"""LoRA adapters give what a merged model gives, side by side in one engine."""

import warnings
from copy import deepcopy

import pytest
import torch
from integration.llm.engine.test_parity import NEW_TOKENS, PROMPTS, answer_all, engine_for
from integration.llm.tiny_models import tiny_model

from core.errors import ModelError, UnsupportedModelError
from core.settings import EngineSettings
from llm.engine.adapters import Adapters
from llm.engine.build import build_engine
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Sequence

peft = pytest.importorskip("peft")
# Peft asks transformers by names that the next version drops.
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:peft"),
]
SETTINGS = EngineSettings(page_tokens=8, pages=128, max_step_tokens=64, max_sequences=8)
TARGETS = {
    "attention": {"target_modules": ["q_proj", "v_proj", "o_proj"]},
    "experts": {
        "target_modules": ["q_proj"],
        "target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"],
    },
}


def save_adapter(model, folder, seed, **targets):
    """Save a random adapter; return a copy of the model with it merged."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = peft.get_peft_model(deepcopy(model), peft.LoraConfig(r=4, lora_alpha=8, **targets))
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.3)
        adapted.save_pretrained(folder)
        return adapted.merge_and_unload().eval()


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
def test_adapters_side_by_side_equal_merged_models(tmp_path, targets):
    model = tiny_model("qwen3_moe")
    expected = {"": answer_all(engine_for(deepcopy(model)), PROMPTS)[0]}
    folders = {name: tmp_path / name for name in "ab"}
    for seed, (name, folder) in enumerate(folders.items()):
        merged = save_adapter(model, folder, seed, **targets)
        expected[name] = answer_all(engine_for(merged), PROMPTS)[0]
    engine = build_engine(model, SETTINGS, adapters=Adapters(model, folders))
    jobs = [(name, prompt) for prompt in PROMPTS for name in expected]
    answers: list[list[int]] = [[] for _ in jobs]
    for number, (name, prompt) in enumerate(jobs):
        request = GenerationRequest(
            prompt=tuple(prompt), sampling=Sampling(max_tokens=NEW_TOKENS), adapter=name
        )
        engine.scheduler.add(Sequence(number, request, float(number)))
    while engine.scheduler.sequences:
        for event in engine.step(0.0):
            answers[event.number] += event.delta.tokens
            assert not (event.finish and event.finish.message)
    for (name, prompt), answer in zip(jobs, answers, strict=True):
        assert answer == expected[name][PROMPTS.index(prompt)]
    assert expected["a"] != expected["b"] != expected[""]


def test_an_adapter_of_the_absorbed_projection_is_refused(tmp_path):
    model = tiny_model("deepseek_v3")
    save_adapter(model, tmp_path, 0, target_modules=["kv_b_proj"])
    with pytest.raises(UnsupportedModelError, match="merge it"):
        Adapters(model, {"a": tmp_path})


def test_a_folder_without_an_adapter_is_an_error(tmp_path):
    with pytest.raises(ModelError, match="no adapter that fits"):
        Adapters(tiny_model("llama"), {"a": tmp_path})


def test_an_unknown_name_is_an_error():
    with pytest.raises(ModelError, match="no adapter is called"):
        Adapters(tiny_model("llama"), {}).use("a")
