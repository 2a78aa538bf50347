"""Many impatient clients on a real model and few pages: every answer equals that of `generate`."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from integration.llm.engine.test_parity import NEW_TOKENS, PROMPTS, engine_for, model_and_reference

from llm.engine.loop import EngineLoop
from llm.engine.request import FinishReason, GenerationRequest, Priority, Sampling
from llm.engine.seams.ops import TorchOps


class FaultyOps(TorchOps):
    """Fails at every hundred and fiftieth write, in the middle of a step, when pages are half written."""

    def __init__(self):
        super().__init__()
        self.armed, self.writes = False, 0

    def write(self, streams, slots, states):
        super().write(streams, slots, states)
        self.writes += self.armed
        if self.armed and self.writes % 150 == 0:
            raise MemoryError("injected")


def client(loop, number):
    chance = random.Random(number)
    which = chance.randrange(len(PROMPTS))
    request = GenerationRequest(
        prompt=tuple(PROMPTS[which]),
        sampling=Sampling(max_tokens=NEW_TOKENS),
        salt=chance.choice(["a", "b"]),
        priority=chance.choice(list(Priority)),
    )
    stream, tokens = loop.submit(request), []
    leaves_after = chance.randrange(1, NEW_TOKENS) if chance.random() < 0.3 else None
    for count, delta in enumerate(stream, 1):
        tokens += delta.tokens
        if count == leaves_after:
            break
    return which, leaves_after is None, tokens, stream.wait(60)


@pytest.mark.parametrize("name", ["qwen3_moe", "deepseek_v3"])
def test_clients_that_leave_and_steps_that_fail_change_no_ones_answer(name):
    model, reference = model_and_reference(name)
    ops = FaultyOps()
    engine = engine_for(model, ops, pages=24, max_step_tokens=24)
    ops.armed = True
    loop = EngineLoop(engine, background_delay_seconds=0.05)
    with ThreadPoolExecutor(40) as clients:
        answers = list(clients.map(lambda number: client(loop, number), range(120)))
    loop.close()
    for which, stayed, tokens, finish in answers:
        assert tokens == reference[which][: len(tokens)]
        assert (len(tokens) == NEW_TOKENS) == (finish.reason is FinishReason.LENGTH) or not stayed
    reasons = [finish.reason for *_, finish in answers]
    assert reasons.count(FinishReason.LENGTH) > 30
    assert FinishReason.ERROR in reasons
    assert engine.pool.num_held == 0
