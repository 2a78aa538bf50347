import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from unit.llm.engine.engine_fakes import expected, hash_engine

from core.errors import (
    DeadlineExceededError,
    EngineClosedError,
    EngineFullError,
    GenerationFailedError,
    RequestTooLongError,
)
from llm.engine.loop import EngineLoop
from llm.engine.request import Delta, Finish, FinishReason, GenerationRequest, Priority, Sampling
from llm.engine.stream import raise_unless_answered


def ask(prompt=(1, 2, 3), max_tokens=4, **changes):
    return GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=max_tokens), **changes)


class HeldLoop(EngineLoop):
    """A loop whose runner and pages a test can reach."""

    def __init__(self, engine, runner, **changes):
        super().__init__(engine, **changes)
        self.runner, self.pool = runner, engine.pool


@pytest.fixture
def loop():
    engine, runner = hash_engine(num_pages=64, max_sequences=8, max_step_tokens=32, max_waiting=300)
    loop = HeldLoop(engine, runner)
    yield loop
    loop.close()
    assert engine.pool.num_held == 0


def hold(loop, slowest_seconds=0.0):
    """Make steps wait for the returned event, or take some time."""
    gate, run = threading.Event(), loop.runner.run

    def slow(plan):
        gate.wait(5)
        time.sleep(slowest_seconds)  # the time of a step
        return run(plan)

    loop.runner.run = slow
    return gate


def test_an_answer_arrives_token_by_token_and_ends_once(loop):
    stream = loop.submit(ask(max_tokens=6))
    tokens = [token for delta in stream for token in delta.tokens]
    assert tokens == expected([1, 2, 3], 6)
    assert stream.finish.reason is FinishReason.LENGTH
    assert (stream.finish.usage.prompt_tokens, stream.finish.usage.completion_tokens) == (3, 6)
    assert list(stream) == []


def test_slow_reader_delays_no_other_and_loses_no_text(loop):
    slow = loop.submit(ask(max_tokens=20))
    fast = loop.submit(ask(max_tokens=20))
    assert fast.wait(5).reason is FinishReason.LENGTH
    slow.wait(5)
    (joined,) = list(slow)
    assert list(joined.tokens) == expected([1, 2, 3], 20)


def test_cancel_ends_within_a_step_wherever_the_request_is(loop):
    gate = hold(loop)
    streams = [loop.submit(ask(prompt=[number], max_tokens=50)) for number in range(20)]
    for stream in streams:
        stream.cancel()
    gate.set()
    assert {stream.wait(5).reason for stream in streams} == {FinishReason.CANCELLED}
    assert loop.snapshot().unfinished == 0


def test_leaving_the_iteration_cancels(loop):
    stream = loop.submit(ask(max_tokens=60))
    hold(loop, 0.01).set()
    for _ in stream:
        break
    assert stream.wait(5).reason in {FinishReason.CANCELLED, FinishReason.LENGTH}
    assert loop.snapshot().unfinished == 0


def test_submit_refuses_a_request_that_cannot_fit(loop):
    with pytest.raises(RequestTooLongError):
        loop.submit(ask(max_tokens=1000))
    assert loop.snapshot().unfinished == 0


def test_full_engine_refuses_and_names_a_time_to_retry():
    engine, runner = hash_engine(max_sequences=2, max_waiting=1)
    loop = HeldLoop(engine, runner)
    gate = hold(loop)
    streams = [loop.submit(ask()) for _ in range(3)]
    with pytest.raises(EngineFullError) as refusal:
        loop.submit(ask())
    assert 1 <= refusal.value.retry_after_seconds <= 60
    gate.set()
    assert all(stream.wait(5).reason is FinishReason.LENGTH for stream in streams)
    loop.close()


def test_a_deadline_that_passes_ends_the_request(loop):
    stream = loop.submit(ask(deadline=loop.clock() - 1))
    assert stream.wait(5).reason is FinishReason.DEADLINE


def test_background_requests_count_as_later():
    engine, runner = hash_engine(max_sequences=1)
    loop = HeldLoop(engine, runner, background_delay_seconds=60)
    gate, gated = hold(loop), runner.run
    served: list[int] = []

    def watched(plan):
        served.extend(sequence.number for sequence in plan.sampled)
        return gated(plan)

    runner.run = watched
    first = loop.submit(ask(max_tokens=1))
    night = loop.submit(ask(max_tokens=2, priority=Priority.BACKGROUND))
    day = loop.submit(ask(max_tokens=2))
    gate.set()
    for stream in (first, night, day):
        assert stream.wait(5).reason is FinishReason.LENGTH
    assert served[-4:] == [day.number] * 2 + [night.number] * 2
    loop.close()


def test_a_fault_reaches_its_requests_and_no_other(loop):
    gate = hold(loop)
    victims = [loop.submit(ask(prompt=[number])) for number in range(3)]
    loop.runner.fail_next = True
    gate.set()
    assert {stream.wait(5).reason for stream in victims} <= {FinishReason.ERROR, FinishReason.LENGTH}
    assert any("injected" in stream.finish.message for stream in victims)
    assert loop.submit(ask()).wait(5).reason is FinishReason.LENGTH


def test_close_ends_the_requests_under_way(loop):
    hold(loop, 0.01).set()
    stream = loop.submit(ask(max_tokens=50))
    loop.close()
    assert stream.wait(0).reason is FinishReason.CANCELLED
    with pytest.raises(EngineClosedError):
        loop.submit(ask())


def test_close_can_wait_for_the_requests_under_way(loop):
    stream = loop.submit(ask(max_tokens=20))
    loop.close(drain_seconds=5)
    assert stream.wait(0).reason is FinishReason.LENGTH


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_dead_thread_ends_all_requests():
    engine, _ = hash_engine()
    loop = EngineLoop(engine)
    engine.scheduler.plan = lambda: 1 / 0
    stream = loop.submit(ask())
    assert "thread has stopped" in stream.wait(5).message
    with pytest.raises(EngineClosedError):
        loop.submit(ask())
    loop.close()


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (FinishReason.ERROR, GenerationFailedError),
        (FinishReason.DEADLINE, DeadlineExceededError),
        (FinishReason.CANCELLED, EngineClosedError),
    ],
)
def test_ends_without_an_answer_are_errors(reason, error):
    with pytest.raises(error):
        raise_unless_answered(Finish(reason))


def test_deltas_join():
    assert Delta("a", (1,)) + Delta("b", (2,)) == Delta("ab", (1, 2))


def client(loop, number):
    """Ask, then read at some pace, cancel at some point, or wait for the end; return what came."""
    chance = random.Random(number)
    prompt = [chance.randrange(2) for _ in range(chance.randrange(1, 24))]
    deadline = loop.clock() + chance.choice([0.005, 5.0]) if chance.random() < 0.2 else None
    stream = loop.submit(ask(prompt, chance.randrange(1, 24), deadline=deadline, salt=chance.choice("ab")))
    leaves_after = chance.randrange(1, 8) if chance.random() < 0.3 else None
    tokens = []
    for count, delta in enumerate(stream, 1):
        tokens += delta.tokens
        if count == leaves_after:
            break
        if chance.random() < 0.1:
            time.sleep(0.002)  # a slow reader
    return prompt, tokens, stream.wait(10)


def test_two_hundred_clients_leave_no_page_and_no_thread(loop):
    chance, run = random.Random(0), loop.runner.run

    def faulty(plan):
        time.sleep(0.0005)  # the time of a step, in which clients leave
        loop.runner.fail_next = chance.random() < 0.02
        return run(plan)

    loop.runner.run = faulty
    before = threading.active_count()
    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(lambda number: client(loop, number), range(200)))
    for prompt, tokens, _ in answers:
        assert tokens == expected(prompt, len(tokens))
    reasons = {finish.reason for _, _, finish in answers}
    assert {FinishReason.LENGTH, FinishReason.ERROR} <= reasons
    assert loop.snapshot().unfinished == 0
    assert loop.pool.num_held == 0
    assert threading.active_count() == before
