"""Server and ingests killed under load, in short; `make test-faults` does it for minutes."""

import pytest

from benchmarks.faults.crasher import crash

SEED = 4


@pytest.mark.slow("servers and ingests are killed for twenty seconds")
@pytest.mark.timeout(3600)
def test_nothing_that_was_acknowledged_is_lost(crasher_seconds: float) -> None:
    result = crash(crasher_seconds, SEED)
    assert result["violations"] == [], result
    assert result["documents_acknowledged"] > 0
    assert result["kills_of_the_server"] > 0
