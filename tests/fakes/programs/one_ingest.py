"""An ingest without a neural model: `python -m fakes.programs.one_ingest DATA FOLDER [LEASE]`."""

import sys
from pathlib import Path

from fakes.application import make_app

from core.permissions import PUBLIC
from ingest.connectors.folder import FolderSource


def main() -> None:
    """Ingest and end; the exit code tells whether it came to its end."""
    lease_seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
    app = make_app(Path(sys.argv[1]), ingest={"window_chunks": 2, "lease_seconds": lease_seconds})
    app.ingestion.ingest(FolderSource(Path(sys.argv[2]), frozenset({PUBLIC}), 2**20))
    app.close()


if __name__ == "__main__":
    main()
