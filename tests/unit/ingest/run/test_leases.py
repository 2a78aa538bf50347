import pytest

from core.errors import LeaseLostError
from core.store.jobs import DOCUMENT, SYNC, Lease
from ingest.run.leases import HeldLeases

OWN = Lease(job_id=1, token=1, kind=SYNC, key="fake:shelf", attempts=1, payload={})
PUMP = Lease(job_id=2, token=1, kind=DOCUMENT, key="fake:shelf/pump", attempts=1, payload={})


def test_a_lease_is_held_with_its_stage_until_it_is_dropped() -> None:
    leases = HeldLeases(OWN)
    leases.hold([PUMP])
    leases.set_stage(PUMP, "fetch")
    assert leases.held == {OWN: "", PUMP: "fetch"}
    leases.drop(PUMP)
    leases.set_stage(PUMP, "parse")
    assert leases.held == {OWN: ""}


def test_a_lease_that_was_taken_is_held_no_more_and_its_job_stops_at_the_next_page() -> None:
    leases = HeldLeases(OWN)
    leases.hold([PUMP])
    leases.begin_page(PUMP, 2, 9, recognizing=True)
    assert leases.held[PUMP] == "recognize, page 2 of 9"
    leases.lose({PUMP})
    assert leases.held == {OWN: ""}
    leases.check()
    with pytest.raises(LeaseLostError):
        leases.begin_page(PUMP, 3, 9, recognizing=True)


def test_check_fails_and_every_job_stops_once_the_run_was_cancelled() -> None:
    leases = HeldLeases(OWN)
    leases.hold([PUMP])
    leases.lose({OWN})
    with pytest.raises(LeaseLostError, match="the run over fake:shelf was cancelled"):
        leases.check()
    with pytest.raises(LeaseLostError):
        leases.begin_page(PUMP, 1, 1, recognizing=False)
