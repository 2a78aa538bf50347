"""Runs `vade` commands, each in a process of its own that begins with all libraries loaded.

Loading them takes a command seconds, and most of the time of a test that runs several. A line of standard
input is one command: its words, environment, folder, and the files for what it prints. A line of standard
output is its exit code.
"""

import json
import os
import sys
from multiprocessing import get_context
from typing import Any

from api.cli.main import main


def serve() -> None:
    """Run what comes, one command after the other, each a fork that does not clear its memory at its end."""
    load()
    fork = get_context("fork")
    for line in sys.stdin:
        process = fork.Process(target=become, args=(json.loads(line),))
        process.start()
        process.join()
        print(process.exitcode, flush=True)


def load() -> None:
    """Import what the commands import late."""
    import faiss  # noqa: F401
    import tantivy  # noqa: F401
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping
    from transformers.models.bert import modeling_bert  # noqa: F401

    import api.app  # noqa: F401
    import llm.embedding.sentence_embedder  # noqa: F401

    get_checkpoint_conversion_mapping("bert")


def become(request: dict[str, Any]) -> None:
    """Run a command as this process."""
    for number, (path, flags) in enumerate(
        ((os.devnull, os.O_RDONLY), (request["out"], os.O_WRONLY), (request["err"], os.O_WRONLY))
    ):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["words"]
    sys.exit(main())


if __name__ == "__main__":
    serve()
