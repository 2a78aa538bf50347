"""The real application over a fake embedder: everything but the neural model is what users run."""

from pathlib import Path

from fakes.embedder import FakeEmbedder

from api.app import App, build
from core.settings import load_settings
from llm.embedder import Embedder


def make_app(data_dir: Path, embedder: Embedder | None = None, **overrides: object) -> App:
    """Return an application with an embedder of the test's choice."""
    return build(load_settings(data_dir, **overrides), embedder or FakeEmbedder())
