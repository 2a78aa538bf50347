"""Whatever the bytes are, the outcome is a document that holds or an error of our own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, all_samples, check

from core.errors import ParseError
from ingest.parsers.formats import FORMATS, load_parser, parse

SAMPLES = all_samples()
MODEST = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# The vendors warn about damage; the user sees it by the error or by missing text.
pytestmark = pytest.mark.filterwarnings("ignore")


def holds(content: bytes, name: str) -> None:
    try:
        document = parse(content, name, MAX_TEXT_BYTES)
    except ParseError:
        return
    check(document)


@MODEST
@given(st.binary(max_size=300), st.sampled_from([*SAMPLES, "a", "a.bin"]))
def test_any_bytes(content: bytes, name: str) -> None:
    holds(content, name)


@MODEST
@given(
    st.text(max_size=300),
    st.sampled_from([*SAMPLES]),
)
def test_any_text(text: str, name: str) -> None:
    holds(text.encode("utf-8", "surrogatepass"), name)


@pytest.mark.parametrize("name", SAMPLES)
@MODEST
@given(data=st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(content))))
    holds(bytes(content[:cut]), name)


@pytest.mark.parametrize("kind", FORMATS)
def test_deep_nesting(kind: str) -> None:
    deep = {
        "html": "<div>" * 5000 + "x",
        "markdown": "> " * 5000 + "x",
        "rst": "".join(f"{'  ' * level}- x\n\n" for level in range(300)),
    }.get(kind)
    if deep is not None:
        name = "a" + FORMATS[kind].extensions[0]
        holds(deep.encode(), name)
    assert load_parser(kind).media_type
