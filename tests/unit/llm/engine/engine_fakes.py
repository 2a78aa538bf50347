"""A runner without a neural model: the next token is a hash of all tokens before it."""

from hashlib import blake2b

from llm.engine.engine import Engine, Sample
from llm.engine.request import Finish, GenerationRequest, Sampling
from llm.engine.scheduling.plan import Limits
from llm.engine.scheduling.sequence import Sequence

VOCABULARY = 50


def next_token(tokens):
    return int.from_bytes(blake2b(bytes(tokens), digest_size=4).digest(), "little") % VOCABULARY


def expected(prompt, max_tokens):
    tokens = list(prompt)
    for _ in range(max_tokens):
        tokens.append(next_token(tokens))
    return tokens[len(prompt) :]


class HashRunner:
    """Remembers which token it wrote into which slot and answers from that memory only.

    So a page that is shared, moved or overwritten wrongly changes the answer.
    """

    def __init__(self, page_tokens, num_pages):
        self.page_tokens = page_tokens
        self.slots = [None] * (page_tokens * num_pages)
        self.widths = []
        self.fail_next = False
        self.poison = set()
        self.started = 0

    def start(self, plan):
        """Look up the slots now, as packing does, and compute when waited for, as a device may."""
        self.started += 1
        self.places = {
            row.sequence: [self._slot(row.sequence, position) for position in range(row.stop)]
            for row in plan.rows
        }
        return lambda: self.run(plan)

    def run(self, plan):
        self.widths.append(sum(row.stop - row.start for row in plan.rows))
        for row in plan.rows:
            for position in range(row.start, row.stop):
                self.slots[self.places[row.sequence][position]] = row.sequence.tokens[position]
        if self.fail_next:
            self.fail_next = False
            raise RuntimeError("injected")
        return [self._sample(row) for row in plan.rows if row.samples]

    def _sample(self, row):
        if row.sequence.number in self.poison:
            return Sample(0, error="poisoned")
        return Sample(next_token([self.slots[place] for place in self.places[row.sequence]]))

    def _slot(self, sequence, position):
        return sequence.pages[position // self.page_tokens] * self.page_tokens + position % self.page_tokens


def limits(**changes):
    values = {"page_tokens": 4, "max_step_tokens": 16, "max_sequences": 4, "max_waiting": 8}
    return Limits(**(values | {"max_context_tokens": 64, "vocabulary": VOCABULARY} | changes))


def hash_engine(num_pages=32, **changes):
    bounds = limits(**changes)
    runner = HashRunner(bounds.page_tokens, num_pages)
    return Engine(bounds, num_pages, runner), runner


def sequence(number, prompt, max_tokens=4, **changes):
    turn = changes.pop("turn", float(number))
    request = GenerationRequest(prompt=tuple(prompt), sampling=Sampling(max_tokens=max_tokens), **changes)
    return Sequence(number, request, turn)


def run_to_end(engine, now=0.0, max_steps=2000):
    """Return every request's tokens and end, having checked that each ends exactly once."""
    tokens: dict[int, list[int]] = {}
    ends: dict[int, Finish] = {}
    for _ in range(max_steps):
        if not engine.scheduler.sequences:
            return tokens, ends
        for event in engine.step(now):
            assert event.number not in ends, "news after the end"
            tokens.setdefault(event.number, []).extend(event.delta.tokens)
            if event.finish is not None:
                ends[event.number] = event.finish
    raise AssertionError("the engine does not come to an end")
