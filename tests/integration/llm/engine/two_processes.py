"""One process of two: load a model as split by transformers, answer as leader or follow.

python -m torch.distributed.run --nproc-per-node 2 two_processes.py FOLDER OUT PLAN…
"""

import faulthandler
import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from transformers import AutoModelForCausalLM
from transformers.distributed import DistributedConfig

from core.settings import EngineSettings
from llm.engine.parallel import follow, lead
from llm.engine.request import GenerationRequest, Sampling
from llm.engine.scheduling.sequence import Sequence

SETTINGS = EngineSettings(page_tokens=8, pages=128, max_step_tokens=64, max_sequences=8)
PLANS = {
    "tensor": lambda: {"tp_plan": "auto"},
    "expert": lambda: {"distributed_config": DistributedConfig(tp_size=2, ep_size=2)},
    "pipeline": lambda: {"distributed_config": DistributedConfig(pp_size=2)},
}


def answer(model, prompts):
    engine, leading = lead(model, SETTINGS)
    for number, prompt in enumerate(prompts):
        engine.scheduler.add(
            Sequence(
                number,
                GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=8)),
                float(number),
            )
        )
    answers: list[list[int]] = [[] for _ in prompts]
    while engine.scheduler.sequences:
        for event in engine.step(0.0):
            answers[event.number] += event.delta.tokens
            assert not (event.finish and event.finish.message), event.finish
    leading.dismiss()
    return answers


def main(folder, plans):
    prompts = json.loads((folder / "prompts.json").read_text())
    said = {}
    for plan in plans:
        for name in sorted(path.name for path in folder.iterdir() if path.is_dir()):
            model = AutoModelForCausalLM.from_pretrained(
                folder / name, dtype=torch.float32, local_files_only=True, **PLANS[plan]()
            ).eval()
            if dist.get_rank():
                follow(model, SETTINGS)
            else:
                said[f"{name} {plan}"] = answer(model, prompts)
    if not dist.get_rank():
        (folder / "answers.json").write_text(json.dumps(said))
    dist.destroy_process_group()


if __name__ == "__main__":
    faulthandler.dump_traceback_later(100, exit=True)  # no process outlives its test
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:])
