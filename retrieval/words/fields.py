"""The fields of the word index: a chunk as Tantivy stores it, and the queries by who may read it."""

from collections.abc import Iterator, Sequence

import tantivy
from tantivy import Occur, Query

from core.text.abbreviations import abbreviations
from core.text.definitions import named_by
from core.text.language import spelled_words
from core.values.search import AccessScope, IndexEntry, LabelFilter
from retrieval.words.views import VIEWS, chunk_terms

ANALYZER = "ours"
# The forms of what a chunk abbreviates: each, and behind the mark the other one.
FORMS, FORM_MARK = "forms", "="
# The view whose terms are indexed with their places.
PHRASES = "text"
# The words of a chunk and its headings as they are spelled, for the correction of questions.
SPELLED = "spelled"
# As many principals as are compared one by one; of more, the set of their chunks is made first.
_FEW_PRINCIPALS = 16


def make_schema() -> tantivy.Schema:
    """Return the fields of a chunk; `terms` are the terms that its score is counted from."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("chunk", fast=True)
    builder.add_integer_field("document", indexed=True)
    builder.add_bytes_field("terms", stored=True, indexed=False)
    for field in ("principal", "label", "defined", FORMS):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for view in VIEWS:
        option = "position" if view == PHRASES else "freq"
        builder.add_text_field(view, tokenizer_name=ANALYZER, index_option=option)
        builder.add_integer_field(length_field(view), fast=True)
    builder.add_text_field(SPELLED, tokenizer_name=ANALYZER, index_option="basic")
    return builder.build()


def tantivy_documents(entries: Sequence[IndexEntry]) -> Iterator[tantivy.Document]:
    """Yield a Tantivy document for each entry; the entries of a document must be in reading order."""
    for entry, held in zip(entries, chunk_terms(entries), strict=True):
        document = tantivy.Document()
        document.add_integer("chunk", entry.chunk_id)
        document.add_integer("document", entry.document_id)
        document.add_bytes("terms", held.stored())
        for principal in entry.principals:
            document.add_text("principal", principal)
        for label in entry.labels:
            document.add_text("label", label)
        for term in named_by(entry.kind, entry.context, entry.text):
            document.add_text("defined", term)
        for short, long in abbreviations(f"{entry.context}\n{entry.text}"):
            document.add_text(FORMS, f"{short.casefold()}{FORM_MARK}{long}")
            document.add_text(FORMS, f"{long}{FORM_MARK}{short}")
        for view in VIEWS:
            words = held.view(view)
            document.add_text(view, " ".join(words))
            document.add_integer(length_field(view), len(words))
        document.add_text(SPELLED, " ".join(sorted(set(spelled_words(f"{entry.context}\n{entry.text}")))))
        yield document


def among(schema: tantivy.Schema, wanted: Sequence[Query], scope: AccessScope, labels: LabelFilter) -> Query:
    """Return the query for chunks that one of `wanted` finds, under `scope` and `labels`."""
    return Query.boolean_query([
        (Occur.Must, Query.boolean_query([(Occur.Should, query) for query in wanted])),
        *(
            (Occur.Must, Query.const_score_query(condition, 0.0))
            for condition in permitted(schema, scope, labels)
        ),
    ])  # fmt: skip


def permitted(schema: tantivy.Schema, scope: AccessScope, labels: LabelFilter) -> list[Query]:
    """Return the conditions of a scope with principals and of a filter; each must hold."""
    selected = [Query.term_set_query(schema, "label", sorted(group)) for group in labels]
    return [readable(schema, scope.principals), *selected]


def readable(schema: tantivy.Schema, principals: frozenset[str]) -> Query:
    """Return the query for the chunks that one of the principals may read."""
    names = sorted(principals)
    if len(names) > _FEW_PRINCIPALS:
        return Query.term_set_query(schema, "principal", names)
    each = [Query.term_query(schema, "principal", name, "basic") for name in names]
    return Query.boolean_query([(Occur.Should, query) for query in each])


def length_field(view: str) -> str:
    """Return the name of the field with the number of terms in a view."""
    return f"{view}_length"
