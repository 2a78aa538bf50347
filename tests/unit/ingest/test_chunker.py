from functools import lru_cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.values.documents import BlockKind, Chunk, ParsedDocument
from ingest.chunker import chunk
from ingest.parsers.base import DocumentBuilder
from llm.embedding.folder import embedder_folder
from llm.embedding.tokens import TextTokenizer

# Small enough that ordinary paragraphs have to be parted.
LIMIT, TARGET = 64, 40

WORDS = st.sampled_from(
    "pump valve E-42 0x16040007 grease 35 °C the of is . ! ; 泵压力 “quoted” extraordinarily naïve".split()
)
LINES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=80).map(" ".join)
ROWS = st.lists(st.lists(LINES, min_size=2, max_size=3), max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("heading"), st.integers(1, 3), LINES),
    st.tuples(st.just("paragraph"), TEXTS),
    st.tuples(st.just("list_item"), TEXTS),
    st.tuples(st.just("code"), st.lists(LINES, min_size=1, max_size=5).map("\n".join)),
    st.tuples(st.just("table"), st.lists(LINES, min_size=2, max_size=3), ROWS),
    st.tuples(st.just("page")),
)


@lru_cache(maxsize=1)
def tokenizer() -> TextTokenizer:
    return TextTokenizer(embedder_folder("minilm").path, LIMIT)


def build(steps: list[tuple]) -> ParsedDocument:  # type: ignore[type-arg]
    builder = DocumentBuilder(media_type="text/plain", title="Pump manual")
    page, begun = 1, 0
    for name, *arguments in [*steps, ("paragraph", "The end."), ("page",)]:
        if name == "page":
            builder.page(page, begun)
            page, begun = page + 1, builder.position
        else:
            getattr(builder, name)(*arguments)
    return builder.build("manual.txt")


DOCUMENTS = st.lists(STEPS, max_size=10).map(build)


def cut(document: ParsedDocument, target: int = TARGET) -> list[Chunk]:
    return chunk(document, tokenizer(), target)


@given(DOCUMENTS, st.integers(8, LIMIT))
@settings(max_examples=60)
def test_offsets_slice_back_to_the_text_and_never_overlap(document: ParsedDocument, target: int) -> None:
    chunks = cut(document, target)
    assert [each.ordinal for each in chunks] == list(range(len(chunks)))
    assert all(each.text == document.text[each.start : each.end] and each.text for each in chunks)
    assert all(left.end <= right.start for left, right in pairwise(chunks))


@given(DOCUMENTS, st.integers(8, 4 * LIMIT))
@settings(max_examples=60)
def test_no_chunk_is_over_the_models_limit(document: ParsedDocument, target: int) -> None:
    lengths = tokenizer().count([each.indexed_text for each in cut(document, target)])
    assert max(lengths) + tokenizer().added_tokens <= LIMIT


@given(DOCUMENTS)
@settings(max_examples=60)
def test_no_word_is_lost(document: ParsedDocument) -> None:
    held = {offset for each in cut(document) for offset in range(each.start, each.end)}
    headers = {block.header for block in document.blocks if block.header}
    for block in document.blocks:
        text = document.text[block.start : block.end]
        if block.kind is BlockKind.HEADING or (block.kind is BlockKind.ROW and text in headers):
            continue  # they stand in the context of what they head
        assert all(
            offset in held or document.text[offset].isspace() for offset in range(block.start, block.end)
        )


@given(DOCUMENTS)
@settings(max_examples=60)
def test_a_chunk_stands_on_the_page_that_it_names(document: ParsedDocument) -> None:
    pages = {page.number: page for page in document.pages}
    for each in cut(document):
        assert each.page is not None
        assert pages[each.page].start <= each.start
        assert each.end <= pages[each.page].end


def manual() -> DocumentBuilder:
    return DocumentBuilder(media_type="text/plain", title="Pump manual")


def test_the_title_and_the_headings_above_are_the_context() -> None:
    builder = manual()
    builder.heading(1, "Maintenance")
    builder.heading(2, "Lubrication")
    builder.paragraph("Every bearing gets 35 g of grease " * 6)
    builder.heading(2, "Cleaning")
    builder.paragraph("Wipe the housing with a dry cloth " * 6)
    builder.heading(1, "Storage")
    builder.paragraph("Keep the pump dry and above 5 °C " * 6)
    assert list(dict.fromkeys(each.context for each in cut(builder.build("x")))) == [
        "Pump manual > Maintenance > Lubrication",
        "Pump manual > Maintenance > Cleaning",
        "Pump manual > Storage",
    ]


def test_a_row_is_a_chunk_that_carries_its_tables_header() -> None:
    builder = manual()
    builder.heading(1, "Torques")
    builder.table(["Valve", "Torque"], [["V-11", "18 N·m"], ["V-12", "24 N·m"]])
    chunks = cut(builder.build("x"))
    rows = [each for each in chunks if each.kind is BlockKind.ROW]
    assert [each.text for each in rows] == ["V-11 | 18 N·m", "V-12 | 24 N·m"]
    assert {each.context for each in rows} == {"Pump manual > Torques\nValve | Torque"}
    assert rows[0].indexed_text == "Pump manual > Torques\nValve | Torque\nV-11 | 18 N·m"
    assert not any(each.text == "Valve | Torque" for each in chunks)


def test_a_table_that_is_only_a_header_is_still_found() -> None:
    builder = manual()
    builder.table(["Valve", "Torque"], [])
    assert [each.text for each in cut(builder.build("x"))] == ["Valve | Torque"]


def test_short_sections_stand_together_and_long_ones_are_parted_at_sentences() -> None:
    builder = manual()
    builder.heading(1, "Safety")
    builder.paragraph("Read this.")
    builder.heading(1, "Starting")
    builder.paragraph("Open the inlet valve and wait. " * 12)
    first, *rest = cut(builder.build("x"))
    assert "Read this." in first.text
    assert "Starting" in first.text
    assert rest
    assert all(each.text.endswith("wait.") for each in (first, *rest))


def test_short_sections_that_name_different_things_are_not_joined() -> None:
    document = build(
        [
            *[("heading", 2, "PPR-1044"), ("paragraph", "It stays dark.")],
            *[("heading", 2, "PPR-1777"), ("paragraph", "It is loud."), ("heading", 3, "Repair")],
            *[("paragraph", "Oil it."), ("heading", 2, "Fault E-42"), ("paragraph", "It stops.")],
            *[("heading", 2, "Care"), ("paragraph", "Dust it.")],
        ]
    )
    firsts = [each.text.split("\n")[0] for each in cut(document)]
    assert firsts == ["PPR-1044", "PPR-1777", "Fault E-42"]


def test_a_context_that_would_crowd_out_the_text_is_cut() -> None:
    builder = manual()
    builder.heading(1, "What the operator has to know before starting")
    builder.heading(2, "Everything about grease and where it must not go")
    builder.paragraph("Grease the bearing and wipe it dry. " * 8)
    contexts = {each.context for each in cut(builder.build("x"))}
    assert contexts == {
        "Pump manual > What the operator has to know before starting > Everything about grease and where it"
    }
    assert tokenizer().count(list(contexts))[0] <= 0.3 * LIMIT
