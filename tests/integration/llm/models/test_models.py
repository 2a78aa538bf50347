import pytest
from integration.llm.chat.test_hf import TOKENIZER
from integration.llm.tiny_models import tiny_model

from core.errors import ModelError
from core.settings import EngineSettings, LlmSettings
from llm.models.catalogue import CATALOGUE, grouped, latent, repository_of
from llm.models.generator_check import check
from llm.models.vllm_server import vllm_command


@pytest.mark.parametrize(
    ("shape", "plain", "int8"),
    [(grouped(48, 4, 128), 98304, 50688), (latent(27), 31104, 18144), (grouped(24, 8, 64), 49152, 26112)],
)
def test_a_tokens_memory(shape, plain, int8):
    assert (shape.bytes_per_token("model"), shape.bytes_per_token("int8")) == (plain, int8)


def test_memory_for_a_context_and_a_batch():
    [card] = [card for card in CATALOGUE if card.name == "qwen3-30b"]
    assert card.weight_bytes() == 61_000_000_000
    assert card.weight_bytes("8 bit") == 30_500_000_000
    assert card.kv_bytes(2048, 64) == 98304 * 2048 * 64
    assert card.kv_bytes(2048, 64, "int8") < 0.52 * card.kv_bytes(2048, 64)


def test_every_card_is_whole():
    assert len({card.name for card in CATALOGUE}) == len(CATALOGUE)
    for card in CATALOGUE:
        assert card.active < card.parameters
        assert card.backends
        assert ("engine" in card.backends) <= (card.kv is not None)
        assert repository_of(card.name) == repository_of(card.repository) == (card.repository, card.name)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ModelError, match="qwen3-30b"):
        repository_of("gpt-5")


def test_a_folder_is_tried_out(tmp_path):
    size = {"vocab_size": len(TOKENIZER), "max_position_embeddings": 4096}
    model = tiny_model("deepseek_v3", **size, eos_token_id=0)
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    engine = EngineSettings(pages=128, page_tokens=16, max_sequences=4, max_step_tokens=256)
    report = check(tmp_path, LlmSettings(engine=engine))
    assert (report.backend, report.refusal, report.model_type) == ("engine", "", "deepseek_v3")
    assert report.parameters == model.num_parameters()
    assert report.kv_bytes_per_token == 3 * 4 * (16 + 4)
    assert report.kv_tokens == 128 * 16
    assert report.max_context_tokens == 2048
    assert report.trial.tokens_per_second > 0
    assert report.trial.first_token_seconds > 0
    assert report.trial.text
    assert report.peak_bytes > report.weight_bytes


def test_without_vllm_serving_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match="not installed"):
        vllm_command(tmp_path, "m", "127.0.0.1", 8001, 4096)
    program = tmp_path / "vllm"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    command = vllm_command(tmp_path, "m; rm -rf", "127.0.0.1", 8001, 4096)
    assert command[:3] == [str(program), "serve", str(tmp_path)]
    assert "m; rm -rf" in command
