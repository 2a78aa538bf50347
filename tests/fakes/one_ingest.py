"""`python -m fakes.one_ingest DATA FOLDER`: one ingest without a neural model, in a process to be killed."""

import sys
from pathlib import Path

from fakes.application import make_app

from core.permissions import PUBLIC
from ingest.folder import FolderSource


def main() -> None:
    """Ingest and end; the exit code tells whether it came to its end."""
    app = make_app(Path(sys.argv[1]), ingest={"window_chunks": 2})
    app.ingest(FolderSource(Path(sys.argv[2]), frozenset({PUBLIC}), 2**20))
    app.close()


if __name__ == "__main__":
    main()
