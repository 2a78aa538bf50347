import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
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


JOBS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 1), min_size=1, max_size=20),
        st.integers(1, 8),
        st.sampled_from(["", "a"]),
        st.sampled_from(Priority),
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=80, deadline=None)
@given(JOBS, st.integers(7, 16), st.integers(1, 4), st.integers(4, 24))
def test_any_mix_of_requests_gets_correct_answers(jobs, num_pages, max_sequences, max_step_tokens):
    engine, runner = hash_engine(
        num_pages, max_sequences=max_sequences, max_step_tokens=max_step_tokens, max_waiting=10
    )
    for number, (prompt, max_tokens, adapter, priority, turn) in enumerate(jobs):
        engine.scheduler.add(
            sequence(number, prompt, max_tokens, adapter=adapter, priority=priority, turn=float(turn))
        )
    tokens, _ = run_to_end(engine)
    assert tokens == {number: expected(job[0], job[1]) for number, job in enumerate(jobs)}
    assert max(runner.widths) <= max_step_tokens
    assert engine.pool.num_held == 0


class EngineMachine(RuleBasedStateMachine):
    """Arrivals, cancels, deadlines and faults in any order; pages add up after each."""

    def __init__(self):
        super().__init__()
        self.engine, self.runner = hash_engine(num_pages=7, max_sequences=3)
        self.jobs, self.tokens, self.ended = {}, {}, {}
        self.now = 0.0

    def receive(self, events):
        for event in events:
            assert event.number not in self.ended
            self.tokens[event.number] += event.delta.tokens
            if event.finish:
                self.ended[event.number] = event.finish.reason

    @rule(
        prompt=st.lists(st.integers(0, 1), min_size=1, max_size=12),
        max_tokens=st.integers(1, 10),
        priority=st.sampled_from(Priority),
        patience=st.sampled_from([None, 2.0, 9.0]),
    )
    def arrive(self, prompt, max_tokens, priority, patience):
        number = len(self.jobs)
        deadline = None if patience is None else self.now + patience
        new = sequence(number, prompt, max_tokens, priority=priority, deadline=deadline,
                       turn=self.now + 6 * priority)  # fmt: skip
        try:
            self.engine.scheduler.add(new)
        except EngineFullError:
            assert self.engine.scheduler.num_waiting >= 8
            return
        self.jobs[number] = (prompt, max_tokens)
        self.tokens[number] = ()

    @rule(fault=st.booleans())
    def step(self, fault):
        self.now += 1.0
        self.runner.fail_next = fault and bool(self.engine.scheduler.sequences)
        self.receive(self.engine.step(self.now))
        self.runner.fail_next = False

    @rule(data=st.data())
    def cancel(self, data):
        if self.jobs:
            self.receive(self.engine.cancel(data.draw(st.sampled_from(sorted(self.jobs)))))

    @invariant()
    def held_pages_belong_to_running_sequences(self):
        pages = {page for one in self.engine.scheduler.sequences for page in one.pages}
        assert self.engine.pool.num_held == len(pages)
        assert {one.number for one in self.engine.scheduler.sequences} == set(self.jobs) - set(self.ended)

    @invariant()
    def what_was_said_is_right(self):
        for number, tokens in self.tokens.items():
            assert list(tokens) == expected(self.jobs[number][0], len(tokens))

    def teardown(self):
        for _ in range(500):
            self.receive(self.engine.step(self.now))
        assert set(self.ended) == set(self.jobs)
        assert self.engine.pool.num_held == 0


EngineMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestEngine = EngineMachine.TestCase


def test_the_fake_depends_on_every_token():
    assert len({next_token([first, 2, 3]) for first in range(30)}) > 10
