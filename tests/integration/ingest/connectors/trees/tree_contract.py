"""What every connector of a tree does with the rules in it."""

from typing import Protocol

from integration.ingest.connectors.contract import (
    NAMES,
    ConnectorContract,
    counts,
    known,
    night,
    searchable,
)
from integration.ingest.connectors.partners import READERS, Partner

from api.app import App
from ingest.connectors.trees.rules import MOST_RULE_BYTES
from ingest.run.report import Outcome, RunReport

BOMB = "read: &a [user:ann]\nowner: [*a,*a]\n"
BROKEN: dict[str, bytes] = {
    "malformed": b"read: [everybody",
    "stranger": b"read: [everybody]",
    "misspelt": b"reed: [public]",
    "twice": b"read: [public]\nread: [user:ann]\n",
    "alias": BOMB.encode(),
    "wide": "read: [public]".encode("utf-16"),
    "large": b"read: [public]\n" + b"#" * MOST_RULE_BYTES,
    "empty": b"",
}


class TreePartner(Partner, Protocol):
    """A partner that holds each document in a folder of its own."""

    def put_beside(self, name: str, file: str, content: bytes) -> None:
        """Put another file beside a document."""
        ...


class TreeContract(ConnectorContract):
    """A rule that cannot be read closes what it rules; everything else goes on."""

    def test_a_broken_rule_closes_its_own_part_and_revocations_go_on(
        self, app: App, stocked: TreePartner
    ) -> None:
        stocked.grant(NAMES[3], "field", "office")
        assert night(app, stocked).is_clean
        stocked.put_beside(NAMES[1], ".vade.yaml", b"read: [public")
        narrowed = stocked.grant(NAMES[3], "hr")
        report = night(app, stocked)
        held = readers(app, stocked)
        assert held.pop(NAMES[3]) == narrowed, "a broken rule elsewhere keeps no door open"
        assert held.pop(NAMES[1]) == frozenset()
        assert set(held.values()) == {READERS}
        [reason] = reasons(report)
        assert reason.endswith("Until it is mended, no one may read below it")
        assert searchable(app, stocked) == 6
        stocked.grant(NAMES[1], "field")
        assert counts(night(app, stocked)) == {Outcome.PERMISSIONS: 1, Outcome.UNCHANGED: 5}
        assert readers(app, stocked)[NAMES[1]] == READERS

    def test_no_broken_rule_opens_anything(self, app: App, partner: TreePartner) -> None:
        partner.put("good.md", "Pump.")
        for kind, rule in BROKEN.items():
            partner.put(f"{kind}.md", "Pump.")
            partner.put_beside(f"{kind}.md", ".vade.yaml", rule)
        report = night(app, partner)
        assert {name for name, held in readers(app, partner).items() if held} == {"good.md"}
        assert len(reasons(report)) == len(BROKEN)

    def test_files_that_look_like_rules_are_told_and_are_no_documents(
        self, app: App, stocked: TreePartner
    ) -> None:
        near = (".vade.yml", "vade.yaml", ".Vade.yaml")
        for name, file in zip(NAMES, near, strict=False):
            stocked.put_beside(name, file, b"read: [user:ann]")
        report = night(app, stocked)
        assert readers(app, stocked) == dict.fromkeys(NAMES, READERS)
        assert {one.uri.rpartition("/")[2] for one in report.failures} == set(near)
        assert all("rename it to .vade.yaml" in one.reason for one in report.failures)


def readers(app: App, partner: Partner) -> dict[str, frozenset[str]]:
    """Return the readers of each document by its file name."""
    return {uri.rpartition("/")[2]: one.principals for uri, one in known(app, partner).items()}


def reasons(report: RunReport) -> list[str]:
    """Return why each document failed, which in these tests are rules only."""
    assert all(one.uri.endswith("/.vade.yaml") for one in report.failures)
    return [one.reason for one in report.failures]
