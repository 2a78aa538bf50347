"""The benchmark that waits for a GPU, proved as far as a CPU can."""

import json
import math

import pytest
import torch
from integration.llm.tiny_models import tiny_model

from benchmarks.gpu import report as gpu
from benchmarks.gpu.bench import Bench, Figure, add, run_out
from benchmarks.gpu.shapes import TINY, TINY_SHAPES, step_bytes, step_parts

CPU = torch.device("cpu")
NAMES = {"decode": ["qwen3-30b", "deepseek-v2-lite"], "kernels": ["qwen3-30b", "deepseek-v2-lite"]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("phase", gpu.PHASES)
def test_every_phase_runs_from_end_to_end(phase):
    shapes = {name: TINY_SHAPES[name] for name in NAMES.get(phase, ["qwen3-30b"])}
    figures = list(gpu.PHASES[phase](Bench(CPU, TINY, shapes)))
    assert figures
    for figure in figures:
        assert figure.value > 0, figure
        assert gpu.row(figure).count("|") == 7


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks.gpu"])
    assert gpu.main() == 2
    assert "needs a GPU" in capsys.readouterr().err


def test_the_report_holds_circumstances_and_figures(monkeypatch, capsys, tmp_path):
    out = tmp_path / "gpu.json"
    argv = ["benchmarks.gpu", "decode", "--tiny", "--shape", "qwen3-30b", "--out", str(out)]
    monkeypatch.setattr("sys.argv", argv)
    assert gpu.main() == 0
    report = json.loads(out.read_text())
    assert list(report["phases"]) == ["decode"]
    assert {"device", "driver", "versions", "date", "copy_bytes_per_second"} <= set(report)
    assert "| qwen3-30b batch 1 x 48" in capsys.readouterr().out


def test_a_phase_that_does_not_exist_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks.gpu", "warp", "--tiny"])
    with pytest.raises(SystemExit):
        gpu.main()
    assert "warp" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(what="x", value=0.5, unit="", floor=0.4, aim=0.6), "floor"),
        (Figure(what="x", value=0.7, unit="", floor=0.4, aim=0.6), "aim"),
        (Figure(what="x", value=0.3, unit="", floor=0.4, aim=0.6), "missed"),
        (Figure(what="x", value=0.07, unit="", floor=0.1, aim=0.05, at_most=True), "floor"),
        (Figure(what="x", value=0.3, unit=""), ""),
        (Figure(what="x", value=math.nan, unit="", floor=0.4), "missed"),
    ],
)
def test_a_figure_says_what_it_reaches(figure, verdict):
    assert figure.verdict == verdict


def test_what_was_not_measured_is_not_a_number_in_the_report():
    figure = Figure(what="x", value=math.nan, unit="", floor=0.4, note="does not fit")
    assert gpu._plain(figure)["value"] is None
    assert "not measured" in gpu.row(figure)


def test_requests_are_answered_and_timed():
    bench = Bench(CPU, TINY, {"qwen3-30b": TINY_SHAPES["qwen3-30b"]})
    with bench.engine("qwen3-30b", 2, 32) as engine:
        add(engine, bench.prompts(2, 5), [3, 4])
        done = run_out(bench, engine)
    assert done.tokens == 7
    assert set(done.first_seconds) == {0, 1}
    assert done.seconds >= max(done.first_seconds.values())


def test_a_step_reads_the_experts_that_are_chosen_and_all_else_once():
    model = tiny_model("qwen3_moe")
    experts = sum(one.nbytes for name, one in model.named_parameters() if ".experts." in name)
    embedding = model.get_input_embeddings().weight.nbytes
    rest = sum(one.nbytes for one in model.parameters()) - experts - embedding
    assert step_bytes(model, 1, 0, 0) == pytest.approx(rest + experts * 2 / 6)
    assert step_bytes(model, 10**4, 100, 7) == pytest.approx(rest + experts + 10**4 * 100 * 7)
    assert step_parts(model, 10**4, 100, 7)["attention"] == 10**4 * 100 * 7
