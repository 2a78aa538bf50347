"""Whoever asks is told what a search had to do without, as text and as JSON."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import ServerDownError
from llm.embedding.embedder import Vectors
from llm.embedding.opening import DeferredEmbedder
from retrieval.search import BY_WORDS_ONLY


def test_a_search_and_an_answer_by_words_alone_say_so(
    vade: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pump.md").write_text("# Pump\n\nThe pump P-7 runs at 2900 rpm.\n", "utf-8")
    assert vade("ingest", "--public", str(tmp_path / "pump.md"))[0] == 0
    question = "At how many rpm does the pump P-7 run?"
    code, found = vade("search", "--json", question)
    assert (code, len(found["hits"]), found["notices"]) == (0, 1, [])

    def down(*asked: Any) -> Vectors:
        raise ServerDownError("no answer")

    monkeypatch.setattr(DeferredEmbedder, "embed", down)
    monkeypatch.setattr(DeferredEmbedder, "embed_question", down)
    for command in ("search", "ask"):
        code, told = vade(command, "--json", question)
        assert (code, told["notices"]) == (0, [BY_WORDS_ONLY])
        code, text = vade(command, question)
        assert text.splitlines()[0] == BY_WORDS_ONLY
        assert "2900 rpm" in text
