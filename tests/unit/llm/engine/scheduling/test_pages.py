from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from llm.engine.scheduling.pages import PagePool, page_digest, prefix_root

NUM_PAGES = 6


class PoolMachine(RuleBasedStateMachine):
    """Random takes, shares, releases and publications beside a plain model of who holds what."""

    def __init__(self):
        super().__init__()
        self.pool = PagePool(NUM_PAGES)
        self.holds: Counter[int] = Counter()
        self.published = {}

    @precondition(lambda self: self.pool.num_available)
    @rule()
    def take(self):
        page = self.pool.take()
        assert self.holds[page] == 0, "a held page was given out"
        self.holds[page] = 1
        self.published = {digest: other for digest, other in self.published.items() if other != page}

    @precondition(lambda self: +self.holds)
    @rule(data=st.data())
    def release(self, data):
        page = data.draw(st.sampled_from(sorted(+self.holds)))
        self.pool.release(page)
        self.holds[page] -= 1

    @precondition(lambda self: +self.holds)
    @rule(data=st.data(), content=st.integers(0, 4))
    def publish(self, data, content):
        page = data.draw(st.sampled_from(sorted(+self.holds)))
        digest = page_digest(prefix_root("s"), [content])
        self.pool.publish(page, digest)
        if digest not in self.published and page not in self.published.values():
            self.published[digest] = page

    @rule(content=st.integers(0, 4))
    def share(self, content):
        digest = page_digest(prefix_root("s"), [content])
        page = self.pool.share(digest)
        assert page == self.published.get(digest)
        if page is not None:
            self.holds[page] += 1

    @rule()
    def forget_all(self):
        self.pool.forget_all()
        self.published = {}

    @invariant()
    def every_page_is_in_one_place(self):
        assert self.pool.num_held == len(+self.holds)
        assert self.pool.num_available == NUM_PAGES - len(+self.holds)


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPool = PoolMachine.TestCase


def test_a_page_is_never_released_twice():
    pool = PagePool(1)
    page = pool.take()
    pool.release(page)
    with pytest.raises(AssertionError):
        pool.release(page)


def test_the_longest_idle_page_goes_first():
    pool = PagePool(2)
    digests = [page_digest(prefix_root(), [number]) for number in range(2)]
    pages = [pool.take(), pool.take()]
    for page, digest in zip(pages, digests, strict=True):
        pool.publish(page, digest)
        pool.release(page)
    assert pool.take() == pages[0]
    assert not pool.knows(digests[0])
    assert pool.share(digests[1]) == pages[1]


def test_salts_separate_equal_prefixes():
    roots = {
        prefix_root("a", "b"),
        prefix_root("ab", ""),
        prefix_root("", "ab"),
        prefix_root("a"),
        prefix_root(),
    }
    assert len(roots) == 5
    assert len({page_digest(root, [1, 2, 3]) for root in roots}) == 5


def test_a_digest_depends_on_every_token_and_on_what_came_before():
    root = prefix_root()
    assert page_digest(root, [1, 256]) != page_digest(root, [256, 1])
    assert page_digest(root, [7]) != page_digest(page_digest(root, [7]), [7])
