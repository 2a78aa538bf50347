"""A random life of archives: what is inside a document lives, is read and dies with it."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from fakes.application import make_app
from fakes.containers import packed
from fakes.source import FakeSource
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from admin.checks.check import check
from admin.erasure import erase_document
from core.errors import NotFoundError
from core.values.search import AccessScope
from ingest.run.report import Outcome
from ingest.run.run import RunOptions

ARCHIVES = st.sampled_from(["a.zip", "b.zip"])
INNER = st.sampled_from(["1.md", "2.txt", "deep/3.md"])
BROKEN = b"%PDF-1.7 and nothing more"
CONTENTS = st.sampled_from([b"The pump runs.", b"The valve leaks.", b"Grease the pump.", BROKEN])
PRINCIPALS = ("public", "user:ann", "group:field")
READERS = st.frozensets(st.sampled_from(PRINCIPALS), min_size=1)
SCOPES = [AccessScope(frozenset(held)) for held in ((), *((name,) for name in PRINCIPALS), PRINCIPALS)]


class Life(RuleBasedStateMachine):
    """One source of archives, and what should be found of what they hold."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.source = FakeSource(stamped=True)
        self.held: dict[str, dict[str, bytes]] = {}
        self.last: dict[str, str] = {}
        self.expected: dict[str, tuple[str, frozenset[str]]] = {}
        self.app = make_app(self.folder, ingest={"window_chunks": 1})

    @rule(archive=ARCHIVES, files=st.dictionaries(INNER, CONTENTS, min_size=1), readers=READERS)
    def put(self, archive: str, files: dict[str, bytes], readers: frozenset[str]) -> None:
        self.held[archive] = files
        self.source.put(archive, packed(files), *readers)

    @precondition(lambda self: self.held)
    @rule(readers=READERS)
    def let_others_read_and_ingest(self, readers: frozenset[str]) -> None:
        for archive in self.held:
            self.source.put(archive, self.source.files[archive].content, *readers)
        self.ingest(retry=False)

    @rule(archive=ARCHIVES)
    def remove(self, archive: str) -> None:
        self.held.pop(archive, None)
        self.source.files.pop(archive, None)

    @rule(archive=ARCHIVES)
    def erase(self, archive: str) -> None:
        self.remove(archive)
        uri = f"{self.source.uri}/{archive}"
        try:
            receipt = erase_document(self.app.database, self.app.indexes, uri)
        except NotFoundError:
            assert not self.of(archive)
            return
        assert self.of(archive).keys() <= {
            member.removeprefix(f"{self.source.uri}/") for member in receipt.members
        }
        self.expected = {name: each for name, each in self.expected.items() if name not in self.of(archive)}
        self.last = {name: each for name, each in self.last.items() if not name.startswith(f"{archive}!/")}

    @rule(retry=st.booleans())
    def ingest(self, retry: bool) -> None:
        report = self.app.ingestion.ingest(self.source, options=RunOptions(retry=retry, allow_deletions=True))
        broken = sum(content == BROKEN for files in self.held.values() for content in files.values())
        inside = sum(map(len, self.held.values()))
        assert report.count(Outcome.FAILED) == broken
        assert len(report.documents) - report.count(Outcome.DELETED) == len(self.held) + inside
        self.expected = self.after_a_run()
        self.last = {name: text for name, (text, _) in self.expected.items()}

    @rule()
    def restart(self) -> None:
        self.app.close()
        self.app = make_app(self.folder, ingest={"window_chunks": 1})

    @invariant()
    def everybody_finds_exactly_what_they_may_read(self) -> None:
        for scope in SCOPES:
            allowed = {
                name: text for name, (text, readers) in self.expected.items() if readers & scope.principals
            }
            assert self.found(scope) == allowed

    @invariant()
    def database_and_indexes_agree(self) -> None:
        self.app.indexes.bring_up_to_date()
        assert check(self.app.database, self.app.indexes).findings == ()

    def of(self, archive: str) -> dict[str, Any]:
        return {name: each for name, each in self.expected.items() if name.startswith(f"{archive}!/")}

    def after_a_run(self) -> dict[str, tuple[str, frozenset[str]]]:
        expected = {}
        for archive, files in self.held.items():
            readers = self.source.files[archive].principals
            for name, content in files.items():
                path = f"{archive}!/{name}"
                if content != BROKEN:
                    expected[path] = (content.decode(), readers)
                elif path in self.last:  # the version before stays
                    expected[path] = (self.last[path], readers)
        return expected

    def found(self, scope: AccessScope) -> dict[str, str]:
        passages = self.app.searcher.search("pump valve", scope, 50).passages
        members = [passage for passage in passages if "!/" in passage.uri]
        return {passage.uri.removeprefix(f"{self.source.uri}/"): passage.text for passage in members}

    def teardown(self) -> None:
        self.app.close()
        shutil.rmtree(self.folder)


TestLifeInside = Life.TestCase
TestLifeInside.settings = settings(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
