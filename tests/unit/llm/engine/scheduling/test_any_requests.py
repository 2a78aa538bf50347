"""Any mix and any history of requests: each is answered right, and pages add up."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from unit.llm.engine.engine_fakes import expected, hash_engine, run_to_end, sequence

from core.errors import EngineFullError
from llm.engine.request import Priority

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
        assert all(one.computed <= 4 * len(one.pages) for one in self.engine.scheduler.sequences)
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
