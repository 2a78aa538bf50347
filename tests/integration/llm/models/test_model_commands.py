"""`vade model …` as a person or a program calls it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from integration.llm.chat.test_hf import TOKENIZER
from integration.llm.chat.test_remote import Server
from integration.llm.models.test_pull import COMMIT, Hub
from integration.llm.tiny_encoders import WIDTH, cross_encoder_folder, encoder_folder
from integration.llm.tiny_models import tiny_model
from integration.llm.tiny_tokenizer import tiny_tokenizer
from transformers import AutoModelForCausalLM, MambaConfig

from api.cli.main import main


def vade(tmp_path, *arguments):
    return CliRunner().invoke(main, ["--data-dir", str(tmp_path / "data"), *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    size = {"vocab_size": len(TOKENIZER), "max_position_embeddings": 4096}
    tiny_model("olmoe", **size, eos_token_id=0).save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    return folder


def test_the_list_shows_what_a_context_and_a_batch_need(tmp_path):
    done = vade(tmp_path, "model", "list", "--context", 2048, "--batch", 64, "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    card = next(card for card in said["models"] if card["name"] == "qwen3-30b")
    assert card["kv_bytes"] == {"model": 98304 * 2048 * 64, "int8": 50688 * 2048 * 64}
    assert (card["licence"], card["backends"][0]) == ("Apache-2.0", "engine")
    text = vade(tmp_path, "model", "list", "--context", 2048, "--batch", 64).stdout
    row = next(line for line in text.splitlines() if "qwen3-30b" in line)
    assert row.split()[-6:] == ["61.0", "30.5", "12.9", "6.6", "engine,", "remote"]
    assert "64 requests of 2,048 tokens" in text


def test_a_context_beyond_the_models_own_is_cut_to_it(tmp_path):
    cards = json.loads(vade(tmp_path, "model", "list", "--context", 10**9, "--json").stdout)["models"]
    olmoe = next(card for card in cards if card["name"] == "olmoe-1b-7b")
    assert olmoe["kv_bytes"]["model"] == 16 * 2 * 16 * 128 * 2 * 4096


def test_a_pulled_model_lies_in_the_data_folder_and_is_pinned(tmp_path):
    hub = Hub()
    done = vade(tmp_path, "model", "pull", "o/m", "--hub", hub.url + "/", "--json")
    folder = tmp_path / "data" / "models" / "m"
    assert json.loads(done.stdout) == {"repository": "o/m", "commit": COMMIT, "folder": str(folder)}
    assert (folder / "model.safetensors").is_file()
    assert not list(folder.glob("*.py"))
    assert "vade model check" in vade(tmp_path, "model", "pull", "o/m", "--hub", hub.url).stdout
    hub.shutdown()
    hub.server_close()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["model", "pull", "no-such-model"], "qwen3-30b"),
        (["model", "pull", "o/m", "--hub", "http://127.0.0.1:9"], "run again to resume"),
        (["model", "check", "."], "holds no model|cannot be loaded"),
        (["model", "serve", "."], "vLLM is not installed"),
        (["model", "check", "/no/such/folder"], "does not exist"),
        (["model", "check", "gguf"], "small.gguf and no safetensors.*llama-server"),
        (["model", "check"], "the model server does not answer"),
        (["model", "pull", "gguf"], "GGUF file or holds some"),
        (["model", "pull", "./small.gguf"], "GGUF file or holds some"),
        (
            ["model", "pull", "here/model"],
            "on this machine: nothing is fetched.*vade model check here",
        ),
        (["model", "pull", "/srv/models/nothing"], "there is nothing at /srv/models/nothing"),
    ],
)
def test_what_goes_wrong_is_one_line_and_exit_code_2(tmp_path, monkeypatch, arguments, why):
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VADE_LLM__REMOTE__URL", "http://127.0.0.1:9/v1")
    (tmp_path / "gguf").mkdir()
    (tmp_path / "gguf" / "small.gguf").write_bytes(b"GGUF")
    (tmp_path / "here" / "model").mkdir(parents=True)
    done = vade(tmp_path, *arguments)
    assert done.exit_code == (1 if why.startswith("the model server") else 2)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(("vade:", "Error:"))]
    assert re.search(why, line)
    assert "Traceback" not in done.output


def test_a_folder_is_tried_out_with_the_settings_in_force(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("VADE_LLM__ENGINE__PAGES", "96")
    monkeypatch.setenv("VADE_LLM__ENGINE__MAX_SEQUENCES", "4")
    report = json.loads(vade(tmp_path, "model", "check", folder, "--json").stdout)
    assert (report["backend"], report["model_type"], report["refusal"]) == ("engine", "olmoe", "")
    assert report["kv_tokens"] == 96 * 32
    assert report["trial"]["tokens_per_second"] > 0
    text = vade(tmp_path, "model", "check", folder).stdout
    assert "The engine runs it: context 3,072 tokens" in text
    assert "pages for 3,072 tokens" in text


def test_what_the_engine_refuses_is_tried_with_generate(tmp_path):
    folder = tmp_path / "mamba"
    AutoModelForCausalLM.from_config(
        MambaConfig(
            vocab_size=len(TOKENIZER), hidden_size=16, num_hidden_layers=1, eos_token_id=0, pad_token_id=0
        )
    ).save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    done = vade(tmp_path, "model", "check", folder)
    assert done.exit_code == 0
    assert "Not for the engine: mamba" in done.stdout
    assert "`hf`" in done.stdout


def test_a_chat_template_that_fails_is_found_before_the_first_question(tmp_path):
    broken = tmp_path / "broken"
    size = {"vocab_size": len(TOKENIZER), "max_position_embeddings": 4096}
    tiny_model("olmoe", **size, eos_token_id=0).save_pretrained(broken)
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('only in a good mood') }}"
    tokenizer.save_pretrained(broken)
    done = vade(tmp_path, "model", "check", broken)
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert "the chat template of the model refuses" in done.stderr


def test_a_model_whose_context_is_too_small_for_a_real_prompt_is_told(tmp_path):
    small = tmp_path / "small"
    tiny_model("olmoe", vocab_size=len(TOKENIZER), eos_token_id=0).save_pretrained(small)
    TOKENIZER.save_pretrained(small)
    done = vade(tmp_path, "model", "check", small)
    assert done.exit_code == 2
    assert "exceeds the model's context" in done.stderr


def test_a_model_server_is_tried_out_with_a_real_prompt(tmp_path, monkeypatch):
    server = Server()
    server.models = {"data": [{"id": "m"}]}

    def answer(handler):
        handler.status(200, text="")
        handler.say("It opens at 8 bar. [1]", "stop")

    server.script = [answer]
    monkeypatch.setenv("VADE_LLM__REMOTE__URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("VADE_LLM__REMOTE__MODEL", "m")
    done = vade(tmp_path, "model", "check")
    assert done.exit_code == 0
    assert "It marks its sources." in done.stdout
    ((_, _, asked),) = server.bodies
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert "[1] Boiler" in asked["messages"][1]["content"]
    server.models = {"data": [{"id": "n"}]}
    assert "no model 'm'; it has 'n'" in vade(tmp_path, "model", "check").stderr
    server.shutdown()
    server.server_close()


VLLM = """#!{python}
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(int("{code}")))
print(" ".join(sys.argv[1:]), flush=True)
if "--served-model-name" in sys.argv and "{code}" == "7":
    signal.pause()
sys.exit(int("{code}"))
"""


def serving(tmp_path, folder, code):
    program = tmp_path / "vllm"
    program.write_text(VLLM.format(python=sys.executable, code=code))
    program.chmod(0o755)
    command = [sys.executable, "-c", "from api.cli.main import main; main()", "model", "serve", str(folder)]
    environment = os.environ | {"PATH": str(tmp_path)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_serving_starts_vllm_and_stops_it(folder, tmp_path):
    with serving(tmp_path, folder, 7) as child:
        line = child.stdout.readline()
        assert line.startswith(f"serve {folder} --served-model-name tiny --host 127.0.0.1 --port 8001")
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0, "a signal stopped it"


def test_a_vllm_that_fails_is_a_failure(folder, tmp_path):
    with serving(tmp_path, folder, 3) as child:
        _, errors = child.communicate(timeout=10)
        assert child.returncode == 1
        assert "exit code 3" in errors


def test_help_answers_at_once():
    started = time.perf_counter()
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        "from api.cli.main import main; main()",
        "model",
        "--help",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert time.perf_counter() - started < 3
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"torch", "transformers", "httpx", "fastapi", "sqlalchemy"}
    assert {"list", "pull", "check", "serve"} <= set(done.stdout.split())


def test_what_reads_is_listed_too(tmp_path):
    readers = json.loads(vade(tmp_path, "model", "list", "--json").stdout)["readers"]
    assert {"embedder", "reranker"} == {reader["kind"] for reader in readers}
    text = vade(tmp_path, "model", "list").stdout
    assert "llm.passage_prompt = 'passage: '" in text


def test_an_embedder_is_tried_out(tmp_path):
    encoder_folder(tmp_path / "e", pooling="cls", prompts={"query": "query: "})
    done = vade(tmp_path, "model", "check", tmp_path / "e", "--json")
    said = json.loads(done.stdout)
    assert (said["kind"], said["dimension"], said["pooling"], said["question_prompt"]) == (
        "embedder", WIDTH, "cls", "query: ",
    )  # fmt: skip
    assert said["passages_per_second"] > 0
    text = vade(tmp_path, "model", "check", tmp_path / "e").stdout
    assert f"VADE_LLM__EMBEDDER={tmp_path / 'e'}" in text
    assert "it reads no Chinese" in text


def test_a_reranker_is_tried_out(tmp_path):
    cross_encoder_folder(tmp_path / "r")
    said = json.loads(vade(tmp_path, "model", "check", tmp_path / "r", "--json").stdout)
    assert said["kind"] == "reranker"
    assert 0 < said["matching"] < 1
    assert "VADE_LLM__RERANKER" in vade(tmp_path, "model", "check", tmp_path / "r").stdout
