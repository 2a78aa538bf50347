"""A re-embedding that kills its process midway: `python -m fakes.programs.one_build DATA CALLS`."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from fakes.application import make_app
from fakes.embedder import FakeEmbedder

from core.store.embedders import EmbedderEntry
from llm.embedding.embedder import Embedder, Vectors
from retrieval.follow import reembedding


class Deadly(FakeEmbedder):
    """Ends the process at a call, as a power cut would."""

    left = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return super().embed(texts)


def reopened(entry: EmbedderEntry) -> Embedder:
    """Return the embedder that was in force."""
    return FakeEmbedder(entry.model_id, entry.dimension)


def main() -> None:
    """Embed by another model, a few chunks at a time, until killed."""
    reembedding._CHUNKS_AT_ONCE = 4
    embedder = Deadly("fake@2", 32)
    embedder.left = int(sys.argv[2])
    app = make_app(Path(sys.argv[1]), embedder, reopened)
    app.embedder_promotion.judge()
    app.close()


if __name__ == "__main__":
    main()
