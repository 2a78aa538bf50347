"""An ingest without a neural model: `python -m fakes.programs.one_ingest DATA FOLDER [LEASE]`."""

import sys
from pathlib import Path

from fakes.application import make_app

from core.permissions import PUBLIC
from ingest.connectors.folder import FolderSource


def one_ingest(data: Path, folder: Path, lease_seconds: float = 60.0) -> None:
    """Ingest a folder for everybody."""
    app = make_app(data, ingest={"window_chunks": 2, "lease_seconds": lease_seconds})
    app.ingestion.ingest(FolderSource(folder, frozenset({PUBLIC}), 2**20))
    app.close()


def main() -> None:
    """Ingest and end; the exit code tells whether it came to its end."""
    one_ingest(Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:]))


if __name__ == "__main__":
    main()
