import json
import time

import pytest

from core.errors import EncryptedError
from ingest.run.report import DocumentReport, Outcome, RunReport


def test_a_run_counts_what_became_of_each_document() -> None:
    report = RunReport(source="fake:shelf")
    told = [report.note("a", Outcome.ADDED), report.note("b", Outcome.FAILED, EncryptedError())]
    assert told == report.documents
    assert (report.count(Outcome.ADDED), report.count(Outcome.DELETED)) == (1, 0)


def test_a_failure_says_why_in_words_and_in_a_code() -> None:
    report = RunReport(source="fake:shelf")
    report.note("b", Outcome.FAILED, EncryptedError("it wants a password"))
    assert report.failures == [
        DocumentReport(uri="b", outcome=Outcome.FAILED, reason="it wants a password", code="encrypted")
    ]
    assert not report.is_clean


def test_the_time_of_a_stage_adds_up_also_when_it_fails() -> None:
    report = RunReport(source="fake:shelf")
    with report.timed("parse"):
        time.sleep(0.002)  # time is what is measured
    first = report.seconds["parse"]
    with pytest.raises(EncryptedError), report.timed("parse"):
        raise EncryptedError
    assert report.seconds["parse"] > first > 0.001
    assert set(report.seconds) == {"parse"}


def test_what_is_kept_of_a_run_leaves_out_what_did_not_change() -> None:
    report = RunReport(source="fake:shelf", listed=3)
    for name in "abc":
        report.note(name, Outcome.UNCHANGED)
    report.note("d", Outcome.DELETED)
    kept = json.loads(json.dumps(report.as_json()))
    assert kept["counts"]["unchanged"] == 3
    assert [one["uri"] for one in kept["documents"]] == ["d"]
