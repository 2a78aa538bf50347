import pytest
from unit.llm.engine.engine_fakes import expected, hash_engine, limits, next_token, run_to_end, sequence

from core.errors import EngineFullError, RequestInvalidError, RequestTooLongError
from llm.engine.request import FinishReason, Priority
from llm.engine.scheduling.pages import PagePool
from llm.engine.scheduling.scheduler import Scheduler


def prompts(count, length=10):
    return [[(7 * number + i) % 40 for i in range(length)] for number in range(count)]


def test_a_batch_gives_what_each_request_gives_alone():
    engine, _ = hash_engine()
    for number, prompt in enumerate(prompts(4)):
        engine.scheduler.add(sequence(number, prompt, max_tokens=3 + number))
    tokens, ends = run_to_end(engine)
    assert tokens == {number: expected(prompt, 3 + number) for number, prompt in enumerate(prompts(4))}
    assert {end.reason for end in ends.values()} == {FinishReason.LENGTH}
    assert engine.pool.num_held == 0


def test_requests_join_and_leave_between_steps():
    engine, _ = hash_engine()
    engine.scheduler.add(sequence(0, prompts(1)[0], max_tokens=8))
    engine.step(0.0)
    engine.scheduler.add(sequence(1, prompts(2)[1], max_tokens=2))
    assert engine.scheduler.num_waiting == 1
    engine.step(0.0)
    assert engine.scheduler.num_running == 2


def test_a_long_prompt_is_computed_in_chunks_while_others_go_on():
    engine, runner = hash_engine(max_step_tokens=8)
    engine.scheduler.add(sequence(0, [1, 2, 3], max_tokens=12))
    engine.step(0.0)
    engine.scheduler.add(sequence(1, list(range(40)), max_tokens=2))
    chunks = [engine.step(0.0) for _ in range(6)]
    assert all(event.number == 0 for step in chunks for event in step)
    assert all(len(step) == 1 for step in chunks), "the first request must get a token in each step"
    assert runner.widths[1:6] == [8] * 5
    tokens, _ = run_to_end(engine)
    assert tokens[1] == expected(range(40), 2)


def test_a_prefix_is_computed_once():
    engine, runner = hash_engine()
    shared = list(range(12))
    engine.scheduler.add(sequence(0, [*shared, 40], max_tokens=2))
    run_to_end(engine)
    runner.widths.clear()
    engine.scheduler.add(sequence(1, [*shared, 41], max_tokens=2))
    tokens, ends = run_to_end(engine)
    assert ends[1].usage.cached_tokens == 12
    assert runner.widths == [1, 1]
    assert tokens[1] == expected([*shared, 41], 2)


def test_a_cold_burst_computes_its_common_prefix_once():
    engine, runner = hash_engine(max_step_tokens=64, max_sequences=8)
    for number in range(6):
        engine.scheduler.add(sequence(number, [*range(20), 30 + number], max_tokens=2))
    tokens, _ = run_to_end(engine)
    assert tokens == {number: expected([*range(20), 30 + number], 2) for number in range(6)}
    assert sum(runner.widths) == 21 + 5 + 6


@pytest.mark.parametrize("change", [{"salt": "other"}, {"adapter": "other"}])
def test_prefixes_never_cross_salt_or_adapter(change):
    engine, _ = hash_engine()
    engine.scheduler.add(sequence(0, range(13), salt="mine"))
    run_to_end(engine)
    engine.scheduler.add(sequence(1, range(13), **({"salt": "mine"} | change)))
    _, ends = run_to_end(engine)
    assert ends[1].usage.cached_tokens == 0


def test_the_last_token_of_a_fully_known_prompt_is_computed_again():
    engine, _ = hash_engine()
    for number in range(2):
        engine.scheduler.add(sequence(number, range(8)))
        tokens, ends = run_to_end(engine)
    assert ends[1].usage.cached_tokens == 4
    assert tokens[1] == expected(range(8), 4)


def test_too_few_pages_preempt_the_latest_and_change_nothing():
    engine, _ = hash_engine(num_pages=6, max_step_tokens=32)
    for number, prompt in enumerate(prompts(3, length=6)):
        engine.scheduler.add(sequence(number, prompt, max_tokens=12))
    tokens, _ = run_to_end(engine)
    assert engine.scheduler.preemptions > 0
    assert tokens == {number: expected(prompt, 12) for number, prompt in enumerate(prompts(3, length=6))}


def test_a_preempted_sequence_keeps_nothing_that_it_had_computed():
    engine, _ = hash_engine(num_pages=6, max_step_tokens=32)
    for number, prompt in enumerate(prompts(3, length=6)):
        engine.scheduler.add(sequence(number, prompt, max_tokens=12))
    while engine.scheduler.sequences and not engine.scheduler.preemptions:
        engine.step(0.0)
    waiting = [one for one in engine.scheduler.sequences if not one.pages]
    assert [(one.computed, one.remaining) for one in waiting] == [(0, len(one.tokens)) for one in waiting]
    assert any(one.output for one in waiting), "one was preempted"


def test_a_page_is_kept_in_reserve_for_each_running_sequence():
    engine, _ = hash_engine(num_pages=6, max_step_tokens=32)
    engine.scheduler.add(sequence(0, range(8), max_tokens=8))
    engine.step(0.0)
    engine.scheduler.add(sequence(1, range(20, 32), max_tokens=2))  # as many pages as are left
    engine.step(0.0)
    assert (engine.scheduler.num_running, engine.scheduler.num_waiting) == (1, 1)
    run_to_end(engine)
    assert engine.scheduler.preemptions == 0


def test_an_interactive_request_displaces_a_background_one_that_would_need_its_last_page():
    engine, _ = hash_engine(num_pages=6, max_step_tokens=32)
    engine.scheduler.add(sequence(0, range(8), max_tokens=8, priority=Priority.BACKGROUND, turn=60.0))
    engine.step(0.0)
    engine.scheduler.add(sequence(1, range(20, 36), max_tokens=2, turn=5.0))
    engine.step(0.0)
    (running,) = [one for one in engine.scheduler.sequences if one.pages]
    assert running.number == 1


def test_a_large_request_is_not_starved_by_small_ones_of_another_adapter():
    engine, _ = hash_engine(num_pages=8, max_sequences=4, max_waiting=100)
    for number in range(3):
        engine.scheduler.add(sequence(number, [number, 1], max_tokens=4 + 2 * number, adapter="small"))
    engine.step(0.0)
    engine.scheduler.add(sequence(99, range(24), max_tokens=2, turn=3.5))
    for number in range(4, 60):
        engine.scheduler.add(sequence(number, [number % 40, 2], max_tokens=8, adapter="small"))
        if any(event.number == 99 for event in engine.step(0.0)):
            break
    else:
        pytest.fail("a request that came early waits for ever")
    assert number < 30


def test_request_that_cannot_fit_is_refused():
    engine, _ = hash_engine(num_pages=4)
    with pytest.raises(RequestTooLongError, match="16 that fit"):
        engine.scheduler.add(sequence(0, range(14), max_tokens=3))
    engine.scheduler.add(sequence(1, range(13), max_tokens=3))
    assert run_to_end(engine)[0][1] == expected(range(13), 3)


@pytest.mark.parametrize("token", [-1, 50, 2**40])
def test_token_that_the_model_does_not_have_is_refused(token):
    engine, _ = hash_engine()
    with pytest.raises(RequestInvalidError):
        engine.scheduler.add(sequence(0, [1, token]))
    assert engine.step(0.0) == []


def test_full_queue_refuses_and_names_a_time_to_retry():
    scheduler = Scheduler(limits(max_sequences=2, max_waiting=1), PagePool(8))
    for number in range(3):
        scheduler.add(sequence(number, [1, 2]))
    with pytest.raises(EngineFullError) as refusal:
        scheduler.add(sequence(3, [1, 2]))
    assert refusal.value.retry_after_seconds > 0


def test_interactive_requests_displace_background_ones():
    engine, _ = hash_engine(max_sequences=2)
    for number in range(2):
        engine.scheduler.add(
            sequence(number, [number, 1], max_tokens=20, priority=Priority.BACKGROUND, turn=60.0 + number)
        )
    engine.step(0.0)
    engine.scheduler.add(sequence(2, [9, 9], max_tokens=2, turn=5.0))
    assert {event.number for event in engine.step(0.0)} == {0, 1}, "what was under way"
    assert 2 in {event.number for event in engine.step(0.0)}
    tokens, _ = run_to_end(engine)
    assert tokens[2] == expected([9, 9], 2)[1:]


def test_old_background_request_is_not_displaced():
    engine, _ = hash_engine(max_sequences=1)
    engine.scheduler.add(sequence(0, [1], max_tokens=6, priority=Priority.BACKGROUND, turn=60.0))
    engine.step(0.0)
    engine.scheduler.add(sequence(1, [2], max_tokens=1, turn=100.0))
    engine.step(0.0)
    assert [event.number for event in engine.step(0.0)] == [0]


def test_adapters_take_turns():
    engine, _ = hash_engine()
    for number in range(4):
        engine.scheduler.add(sequence(number, [number, 3], max_tokens=4, adapter="ab"[number % 2]))
    served = []
    while engine.scheduler.sequences:
        served.append({event.number % 2 for event in engine.step(0.0)})
    assert served == [set(), *[{0}, {1}] * 4]


def test_a_fault_ends_only_the_requests_of_its_step():
    engine, runner = hash_engine(max_sequences=1)
    for number in range(2):
        engine.scheduler.add(sequence(number, [number, 5]))
    runner.fail_next = True
    assert engine.step(0.0) == []
    (event,) = engine.step(0.0)
    assert (event.number, event.finish.reason) == (0, FinishReason.ERROR)
    assert "injected" in event.finish.message
    tokens, ends = run_to_end(engine)
    assert tokens == {1: expected([1, 5], 4)}
    assert ends[1].reason is FinishReason.LENGTH


def test_pages_of_a_failed_step_are_not_found_again():
    engine, runner = hash_engine()
    engine.scheduler.add(sequence(0, range(9)))
    runner.fail_next = True
    engine.step(0.0)
    engine.step(0.0)
    engine.scheduler.add(sequence(1, range(9)))
    _, ends = run_to_end(engine)
    assert ends[1].usage.cached_tokens == 0


class Spelled:
    """A transcript that stops after some tokens, and remembers how many steps had been started by then."""

    def __init__(self, runner, stop_after):
        self.runner, self.left, self.started = runner, stop_after, []

    def add(self, token):
        self.started.append(self.runner.started)
        self.left -= 1
        return "x"

    def finish(self):
        return "!"

    @property
    def stopped(self):
        return self.left == 0


def test_text_is_decoded_while_the_next_step_is_under_way():
    engine, runner = hash_engine()
    one = sequence(0, [1, 2], max_tokens=9)
    one.transcript = Spelled(runner, stop_after=3)
    engine.scheduler.add(one)
    tokens, ends = run_to_end(engine)
    assert one.transcript.started == [2, 3, 4]
    assert tokens[0] == expected([1, 2], 3), "the token computed meanwhile is dropped"
    assert ends[0].reason is FinishReason.STOP
    engine.scheduler.add(sequence(1, [1, 2], max_tokens=2))
    assert run_to_end(engine)[0][1] == expected([1, 2], 2)
    assert engine.pool.num_held == 0


def test_a_stop_string_in_the_last_token_is_a_stop():
    engine, runner = hash_engine()
    one = sequence(0, [1, 2], max_tokens=3)
    one.transcript = Spelled(runner, stop_after=3)
    engine.scheduler.add(one)
    assert run_to_end(engine)[1][0].reason is FinishReason.STOP


def test_a_step_that_cannot_even_start_ends_its_requests():
    engine, runner = hash_engine()
    engine.scheduler.add(sequence(0, [1, 2]))
    runner.start, start = lambda plan: 1 / 0, runner.start
    assert engine.step(0.0) == []
    runner.start = start
    (event,) = engine.step(0.0)
    assert event.finish.reason is FinishReason.ERROR
    assert "ZeroDivisionError" in event.finish.message


def test_a_poisoned_row_ends_alone():
    engine, runner = hash_engine()
    for number in range(2):
        engine.scheduler.add(sequence(number, [number, 5]))
    runner.poison.add(0)
    tokens, ends = run_to_end(engine)
    assert ends[0].reason is FinishReason.ERROR
    assert tokens[1] == expected([1, 5], 4)


def test_deadlines_end_waiting_and_running_requests():
    engine, _ = hash_engine(max_sequences=1)
    engine.scheduler.add(sequence(0, [1], deadline=5.0))
    engine.scheduler.add(sequence(1, [2], deadline=5.0))
    engine.step(0.0)
    ended = {event.number: event.finish.reason for event in engine.step(5.0) if event.finish}
    assert ended == {0: FinishReason.DEADLINE, 1: FinishReason.DEADLINE}
    assert engine.pool.num_held == 0


def test_cancel_frees_pages_at_once_and_only_once():
    engine, _ = hash_engine()
    engine.scheduler.add(sequence(0, range(9)))
    engine.step(0.0)
    (event,) = engine.cancel(0)
    assert event.finish.reason is FinishReason.CANCELLED
    assert engine.cancel(0) == []
    assert engine.pool.num_held == 0


def test_the_fake_depends_on_every_token():
    assert len({next_token([first, 2, 3]) for first in range(30)}) > 10
