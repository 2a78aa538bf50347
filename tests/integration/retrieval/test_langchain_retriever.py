"""The LangChain retriever: it finds only documents that its user may read, with their citations."""

import asyncio
from collections.abc import Iterator

import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from pydantic import ValidationError

from api.app import App
from core.errors import FilterError, InputError
from core.text.labels import SearchFilter
from retrieval.langchain_retriever import VademecumRetriever

QUESTION = "How does the pump run?"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = make_app(tmp_path_factory.mktemp("data"))
    source = FakeSource()
    for number in range(5):
        source.put(f"{number}.md", f"# Pump {number}\n\nThe pump {number} runs.", "public")
    source.put("secret.md", "The pump code is 7319.", "group:field")
    app.ingestion.ingest(source)
    yield app
    app.close()


@pytest.fixture
def retriever(app: App) -> VademecumRetriever:
    return VademecumRetriever(searcher=app.searcher, user="ann")


def test_a_document_is_a_passage_with_its_citation(app: App, retriever: VademecumRetriever) -> None:
    first = retriever.invoke("pump 3 runs")[0]
    quote, metadata = first.metadata["quote"], first.metadata
    assert "The pump 3 runs." in quote
    assert quote in first.page_content
    assert metadata["source"].endswith("3.md")
    assert (metadata["title"], metadata["version"], metadata["page"]) == ("Pump 3", 1, None)
    start, end = metadata["span"]
    assert end - start == len(quote)


def test_only_what_the_asker_may_read_is_found(app: App, retriever: VademecumRetriever) -> None:
    def names(of: VademecumRetriever) -> set[str]:
        return {document.metadata["source"].rsplit("/", 1)[-1] for document in of.invoke("code 7319", k=50)}

    assert "secret.md" not in names(retriever)
    assert "secret.md" in names(VademecumRetriever(searcher=app.searcher, user="ann", groups=("field",)))
    assert "secret.md" not in names(VademecumRetriever(searcher=app.searcher, user="field"))


def test_without_an_asker_there_is_no_retriever(app: App, retriever: VademecumRetriever) -> None:
    for given in ({}, {"user": ""}, {"user": " "}, {"user": None}, {"user": "ann", "scope": "all"}):
        with pytest.raises(ValidationError):
            VademecumRetriever(searcher=app.searcher, **given)
    with pytest.raises(InputError):
        VademecumRetriever(searcher=app.searcher, user="ann\n").invoke(QUESTION)
    with pytest.raises(TypeError):
        retriever.invoke(QUESTION, user="bob")


def test_a_search_can_be_narrowed(app: App) -> None:
    chinese = SearchFilter(languages=frozenset({"zh"}))
    with pytest.raises(FilterError, match="language 'zh'"):
        VademecumRetriever(searcher=app.searcher, user="ann", within=chinese).invoke(QUESTION)


# What langchain-tests' RetrieversIntegrationTests hold of any retriever. The package itself brings seven
# plugins for pytest, which would load with every run of ours.
def test_a_retriever_returns_k_documents(app: App, retriever: VademecumRetriever) -> None:
    for k in (1, 3):
        made = VademecumRetriever(searcher=app.searcher, user="ann", k=k)
        assert len(made.invoke(QUESTION)) == len(retriever.invoke(QUESTION, k=k)) == k


def test_a_retriever_can_be_awaited(retriever: VademecumRetriever) -> None:
    assert asyncio.run(retriever.ainvoke(QUESTION)) == retriever.invoke(QUESTION)
