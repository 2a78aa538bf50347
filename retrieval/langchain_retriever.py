"""A LangChain retriever over the search of Vademecum: documents with citations, under one user's scope."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, field_validator

from core.permissions import scope_of
from core.text.labels import EVERYTHING, SearchFilter
from core.values.answers import SHOWN_DIGITS, Passage
from retrieval.search import Searcher


class VademecumRetriever(BaseRetriever):
    """A retriever of the documents that one user may read, as with `vade search --as`.

    A LangChain document holds a passage: the chunk that was found and its neighbours. Its metadata are the
    score and the citation of the chunk, whose URI is `source`, as LangChain's chains call it, and what the
    search had to do without (`notices`).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    searcher: Searcher
    user: str
    """The user who searches; there is no default."""
    groups: tuple[str, ...] = ()
    """The groups of the user."""
    within: SearchFilter = EVERYTHING
    """The documents that are searched."""
    k: int = Field(4, ge=1, le=50)
    """How many passages to return; a call may pass another number."""
    reach: int = Field(1, ge=0, description="neighbours that widen a chunk on either side")

    @field_validator("user")
    @classmethod
    def _is_named(cls, user: str) -> str:
        if not user.strip():
            raise ValueError("name the user who searches; only documents that this user may read are found")
        return user

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        scope = scope_of(self.user, self.groups)
        found = self.searcher.look_up(query, scope, k or self.k, self.reach, self.within)
        notices = [notice.text for notice in found.notices]
        return [_document(passage.narrowed(), notices) for passage in found.passages]


def _document(passage: Passage, notices: list[str]) -> Document:
    citation = passage.cite(passage.chunk_start, passage.chunk_end)
    metadata: dict[str, Any] = {
        "source": citation.uri,
        "document_id": citation.document_id,
        "title": citation.title,
        "version": citation.version,
        "page": citation.page,
        "span": list(citation.span),
        "quote": citation.quote,
        "context": passage.context,
        "score": round(passage.score, SHOWN_DIGITS),
        "notices": notices,
    }
    return Document(page_content=passage.text, metadata=metadata, id=str(passage.chunk_id))
