"""Who reads which version: any history of readers, contents and gates, beside a model of the rule."""

import tempfile
from dataclasses import dataclass
from itertools import combinations

from fakes.version_desk import Desk, file
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from core.store.changes import live_entries
from core.store.documents.gating import confirm, promote, roll_back
from core.store.documents.writing import commit_failure, commit_unchanged, tombstone
from core.store.tables import LIVE, VersionTable
from core.values.documents import GateState
from core.values.search import AccessScope

NAMES = ("public", "group:hr", "group:field", "user:ann")
SCOPES = [  # every asker holds `public`
    AccessScope(frozenset((*held, "public"))) for size in range(4) for held in combinations(NAMES[1:], size)
]
READERS = st.frozensets(st.sampled_from(NAMES))
CONTENTS = st.sampled_from(["salaries", "redacted", "third"])


@dataclass
class Modelled:
    """A version in the model: an asker has to be in each set of `readers`."""

    content: str
    readers: list[frozenset[str]]
    state: str

    @property
    def stands(self) -> bool:
        return self.state in {"live", "promoted", "waiting", "withdrawn", "former"}

    def open_to(self, scope: AccessScope) -> bool:
        shown = self.state in {"live", "promoted", "old"}
        return shown and all(scope.principals & one for one in self.readers)


class Histories(RuleBasedStateMachine):
    """A document listed, changed, failed, held, promoted, rolled back and deleted in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(f"sqlite:///{self.folder.name}/truth.db")
        self.readers: frozenset[str] = frozenset()
        self.content, self.known, self.deleted = "", False, False
        self.versions: list[Modelled] = []

    def teardown(self) -> None:
        self.desk.database.close()
        self.folder.cleanup()

    def _listed(self, readers: frozenset[str]) -> None:
        if readers != self.readers:
            for one in self._standing():
                one.readers.append(readers)
        self.readers = readers

    def _settled(self, content: str) -> None:
        self.content = content
        for one in self._standing():
            if one.content == content:
                one.readers = [self.readers]

    def _standing(self, *states: str) -> list[Modelled]:
        return [one for one in self.versions if (one.state in states if states else one.stands)]

    def _end(self, *states: str) -> None:
        for one in self._standing(*states):
            one.state = "never" if one.state in {"waiting", "withdrawn"} else "old"

    @rule(readers=READERS)
    def see(self, readers: frozenset[str]) -> None:
        self.desk.list_(*readers)
        self._listed(readers)
        if self.deleted:
            self.content = ""
        self.known, self.deleted = True, False

    @precondition(lambda self: self.known and not self.deleted)
    @rule(readers=READERS)
    def keep(self, readers: frozenset[str]) -> None:
        self.desk.keep(*readers)
        self._listed(readers)
        self._settled(self.content)

    @precondition(lambda self: self.known and not self.deleted)
    @rule(content=CONTENTS, hold=st.booleans())
    def commit(self, content: str, hold: bool) -> None:
        waits = hold or bool(self._standing("waiting", "withdrawn"))
        self.desk.commit(content, hold)
        self._settled(content)
        self._end(*(("waiting", "withdrawn") if waits else ()))
        self.versions.append(Modelled(content, [self.readers], "waiting" if waits else "live"))

    @precondition(lambda self: self.known and not self.deleted)
    @rule(content=st.sampled_from(["", "salaries", "torn"]))
    def fail(self, content: str) -> None:
        with self.desk.database.writing() as session:
            commit_failure(session, file(content), "torn")
        self._settled(content)

    @precondition(lambda self: self.known and not self.deleted)
    @rule()
    def unchanged(self) -> None:
        with self.desk.database.writing() as session:
            commit_unchanged(session, file(self.content))
        self._settled(self.content)

    @rule(withdrawn=st.booleans())
    def promote(self, withdrawn: bool) -> None:
        wanted = GateState.WITHDRAWN if withdrawn else GateState.WAITING
        with self.desk.database.writing() as session:
            promote(session, [wanted])
        if coming := self._standing(wanted.value):
            self._confirmed()
            for one in self._standing("live"):
                one.state = "former"
            coming[0].state = "promoted"

    @rule()
    def roll_back(self) -> None:
        with self.desk.database.writing() as session:
            roll_back(session)
        for one in self._standing("promoted"):
            one.state = "withdrawn"
        for one in self._standing("former"):
            one.state = "live"

    @rule()
    def confirm(self) -> None:
        with self.desk.database.writing() as session:
            confirm(session)
        self._confirmed()

    def _confirmed(self) -> None:
        for one in self._standing("former", "promoted"):
            one.state = "old" if one.state == "former" else "live"

    @precondition(lambda self: self.known and not self.deleted)
    @rule()
    def delete(self) -> None:
        with self.desk.database.writing() as session:
            tombstone(session, 1)
        self._end()
        self.deleted = True

    @precondition(lambda self: self.known)
    @invariant()
    def everybody_reads_what_the_rule_says(self) -> None:
        with self.desk.database.reading() as session:
            live = session.scalar(select(VersionTable.number).where(LIVE))
            entries, _ = live_entries(session, "m", 0, 9)
        for scope in SCOPES:
            opened = [self._opens(scope, one) for one in self.versions]
            read = [self.desk.reads(scope, number) for number in range(1, len(self.versions) + 1)]
            chunks, listed, counted = self.desk.shown(scope)
            assert all(may for may, did in zip(opened, read, strict=True) if did), (scope, opened, read)
            in_force = live is not None and opened[live - 1]
            assert in_force or not (chunks or counted)
            assert in_force or live is None or not listed
            assert in_force or not any(entry.principals & scope.principals for entry in entries)
            if len(scope.principals) <= 2:
                assert read == opened, "a single user or group reads exactly what the rule says"
                assert bool(chunks) == in_force
                assert not in_force or any(entry.principals & scope.principals for entry in entries)

    def _opens(self, scope: AccessScope, one: Modelled) -> bool:
        return not self.deleted and bool(scope.principals & self.readers) and one.open_to(scope)


Histories.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestHistories = Histories.TestCase
