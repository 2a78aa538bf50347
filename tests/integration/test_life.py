"""A random life of a data folder: whatever happens, in whatever order, three things hold.

What a source held at its last run is found by those who may read it, and by nobody else; database
and indexes agree as soon as they are brought up to date; and no fault in between costs anything.
"""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.servers.postgresql import PostgresServer
from fakes.source import FakeSource
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from admin.checks.check import check
from admin.checks.finding import Finding
from api.app import App
from core.errors import ModelError
from core.permissions import common_readers
from core.values.search import AccessScope
from ingest.run.report import Outcome
from ingest.run.run import RunOptions

NAMES = st.sampled_from(["a.md", "b.md", "c.txt", "d.md"])
TEXTS = st.sampled_from(["The pump runs.", "The valve leaks.", "Fault E-43 is a leak.", "Grease the pump."])
# A shelf that is empty is empty on purpose; without this word its documents would be kept.
EVEN_TO_THE_LAST = RunOptions(allow_deletions=True)
PRINCIPALS = ("public", "user:ann", "group:field")
READERS = st.frozensets(st.sampled_from(PRINCIPALS), min_size=1)
SCOPES = [AccessScope(frozenset(held)) for held in ((), *((name,) for name in PRINCIPALS), PRINCIPALS[1:])]


@dataclass(frozen=True)
class Readable:
    """What should be found of one document, and by whom."""

    text: str
    principals: frozenset[str]


class Life(RuleBasedStateMachine):
    """One data folder, one source, and what should be found."""

    database_url = ""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.source = FakeSource()
        self.expected: dict[str, Readable] = {}
        self.embedder = FakeEmbedder()
        self.app = self.opened()

    def opened(self) -> App:
        return make_app(
            self.folder, self.embedder, ingest={"window_chunks": 1}, database_url=self.database_url
        )

    @rule(name=NAMES, text=TEXTS, readers=READERS)
    def put(self, name: str, text: str, readers: frozenset[str]) -> None:
        self.source.put(name, text, *readers)

    @rule(name=NAMES, readers=READERS)
    def put_something_unreadable(self, name: str, readers: frozenset[str]) -> None:
        self.source.put(name, None, *readers)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.source.files.pop(name, None)

    @rule()
    def ingest(self) -> None:
        report = self.app.ingestion.ingest(self.source, options=EVEN_TO_THE_LAST)
        self.expected = self.after_a_run()
        unreadable = [name for name, file in self.source.files.items() if file.content is None]
        assert report.count(Outcome.FAILED) == len(unreadable)
        assert self.findings() == []

    @rule()
    def ingest_and_die_before_any_index_hears_of_it(self) -> None:
        self.app.pipeline.ingest(self.source, options=EVEN_TO_THE_LAST)
        self.expected = self.after_a_run()
        self.restart()

    @rule(calls=st.integers(0, 3))
    def ingest_until_the_embedder_fails(self, calls: int) -> None:
        before, after = self.expected, self.after_a_run()
        self.embedder.break_after(calls)
        with suppress(ModelError):
            self.app.ingestion.ingest(self.source, options=EVEN_TO_THE_LAST)
        self.embedder = FakeEmbedder()
        self.restart()
        found = self.found(AccessScope(frozenset(PRINCIPALS)))
        for name in before.keys() | after.keys():
            as_it_was_or_will_be = [each[name].text if name in each else None for each in (before, after)]
            assert found.get(name) in as_it_was_or_will_be
        self.ingest()

    @rule()
    def restart(self) -> None:
        self.app.close()
        self.app = self.opened()

    @rule()
    def lose_the_indexes(self) -> None:
        self.app.close()
        shutil.rmtree(self.folder / "index")
        self.app = self.opened()

    @invariant()
    def everybody_finds_exactly_what_they_may_read(self) -> None:
        for scope in SCOPES:
            allowed = {
                name: each.text for name, each in self.expected.items() if each.principals & scope.principals
            }
            assert self.found(scope) == allowed

    def found(self, scope: AccessScope) -> dict[str, str]:
        passages = self.app.searcher.search("pump valve E-43", scope, 50).passages
        return {passage.uri.rsplit("/", 1)[-1]: passage.text for passage in passages}

    def after_a_run(self) -> dict[str, Readable]:
        """Return what should be found once the source was read to its end."""
        expected: dict[str, Readable] = {}
        for name, file in self.source.files.items():
            if file.content is not None:
                expected[name] = Readable(file.content.decode(), file.principals)
            elif name in self.expected:  # the version before stays, for those of its readers who are left
                left = common_readers(self.expected[name].principals, file.principals)
                expected[name] = Readable(self.expected[name].text, left)
        return expected

    def findings(self) -> list[Finding]:
        return list(check(self.app.database, self.app.indexes).findings)

    def teardown(self) -> None:
        self.app.indexes.bring_up_to_date()
        assert self.findings() == []
        self.app.close()
        shutil.rmtree(self.folder)


# To shrink a life that went wrong would take minutes; fifteen steps can be read as they are.
LIVES = settings(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestLife = Life.TestCase
TestLife.settings = LIVES


def test_life_on_postgresql(postgresql: PostgresServer) -> None:
    class Elsewhere(Life):
        @initialize()
        def begin(self) -> None:
            self.database_url = postgresql.emptied()
            super().begin()

    run_state_machine_as_test(Elsewhere, settings=settings(LIVES, max_examples=3))
