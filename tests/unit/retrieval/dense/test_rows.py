"""Rows against a plain dictionary: only the principals that may read a chunk find its row."""

from collections.abc import Sequence

from fakes.entries import entry
from hypothesis import given
from hypothesis import strategies as st

from core.values.search import IndexEntry
from retrieval.dense.rows import Rows

READERS = st.frozensets(st.sampled_from(["public", "user:ann", "group:field"]), max_size=2)
LABELS = st.frozensets(st.sampled_from(["tag:a", "tag:b"]), max_size=2)
# What happens to a document: a new version of so many chunks, new readers and labels, or it goes.
STEPS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["version", "readers", "gone"]),
        READERS,
        LABELS,
        st.integers(1, 3),
    ),
    max_size=20,
)


def remade(
    entries: Sequence[IndexEntry], readers: frozenset[str], labels: frozenset[str]
) -> list[IndexEntry]:
    return [
        entry(old.chunk_id, "pump", *readers, document_id=old.document_id, labels=labels) for old in entries
    ]


@given(steps=STEPS, scope=READERS, wanted=st.lists(LABELS, max_size=2))
def test_rows_hold_what_documents_hold(
    steps: list[tuple[int, str, frozenset[str], frozenset[str], int]],
    scope: frozenset[str],
    wanted: list[frozenset[str]],
) -> None:
    rows = Rows()
    held: dict[int, list[IndexEntry]] = {}
    appended: list[int] = []
    emptied: set[int] = set()
    for number, (document, what, readers, labels, chunks) in enumerate(steps):
        if what == "version":
            new = [entry(10 * number + i, "pump", document_id=document) for i in range(chunks)]
            held[document] = remade(new, readers, labels)
        elif what == "readers":
            held[document] = remade(held.get(document, []), readers, labels)
        else:
            held[document] = []
        for _ in range(2):  # a second time changes nothing
            gone, added = rows.replace({document}, held[document])
            emptied.update(gone.tolist())
            appended += [each.chunk_id for each in added]
    entries = [each for of_document in held.values() for each in of_document]
    assert rows.ids().tolist() == sorted(each.chunk_id for each in entries)
    assert rows.live == len(entries)
    assert rows.count == len(appended) == len(set(appended)), "a row for each chunk, once"
    assert {appended[row] for row in emptied} == set(appended) - {each.chunk_id for each in entries}
    allowed = rows.allowed(scope, tuple(wanted))
    numbers = allowed.numbers()
    assert allowed.count == len(numbers)
    assert sorted(rows.chunk_ids(numbers).tolist()) == sorted(
        each.chunk_id
        for each in entries
        if each.principals & scope and all(each.labels & group for group in wanted)
    )
    assert [appended[row] for row in numbers] == rows.chunk_ids(numbers).tolist(), "rows do not move"
