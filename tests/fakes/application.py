"""The real application over a fake embedder, reading files in the test's own process."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from fakes.embedder import FakeEmbedder

from api.app import App, build
from core.settings import load_settings
from core.store.embedders import EmbedderEntry
from ingest.parsers.formats import parse
from llm.embedding.embedder import Embedder


def make_app(
    data_dir: Path,
    embedder: Embedder | None = None,
    reopen: Callable[[EmbedderEntry], Embedder] | None = None,
    legs: Mapping[str, Embedder] = MappingProxyType({}),
    **overrides: object,
) -> App:
    """Return an application as users run it, but for the neural model and the confined processes."""
    settings = load_settings(data_dir, **overrides)
    here = partial(parse, max_text_bytes=settings.ingest.max_text_bytes)
    return build(settings, embedder or FakeEmbedder(), here, reopen, legs)
