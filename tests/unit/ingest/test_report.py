import time

import pytest

from core.errors import EncryptedError
from ingest.report import DocumentReport, Outcome, Run


def test_a_run_counts_and_passes_on_what_became_of_each_document() -> None:
    told: list[DocumentReport] = []
    run = Run("fake:shelf", told.append)
    run.tell("a", Outcome.ADDED)
    run.tell("b", Outcome.FAILED, EncryptedError())
    run.tell("c", Outcome.ADDED)
    assert told == run.report.documents
    assert (run.report.count(Outcome.ADDED), run.report.count(Outcome.DELETED)) == (2, 0)


def test_a_failure_says_why_in_words_and_in_a_code() -> None:
    run = Run("fake:shelf", lambda report: None)
    run.tell("b", Outcome.FAILED, EncryptedError("it wants a password"))
    assert run.report.failures == [DocumentReport("b", Outcome.FAILED, "it wants a password", "encrypted")]


def test_the_time_of_a_stage_adds_up_also_when_it_fails() -> None:
    run = Run("fake:shelf", lambda report: None)
    with run.timed("parse"):
        time.sleep(0.002)
    first = run.report.seconds["parse"]
    with pytest.raises(EncryptedError), run.timed("parse"):
        raise EncryptedError
    assert run.report.seconds["parse"] > first > 0.001
    assert set(run.report.seconds) == {"parse"}
