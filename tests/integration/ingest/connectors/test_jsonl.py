import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from integration.ingest.connectors.contract import ConnectorContract
from integration.ingest.connectors.partners import READERS, write

from core.errors import FetchError, TooLargeError
from core.settings import IngestSettings
from ingest.connectors.jsonl import StreamSource, holds_lines
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Listing

SETTINGS = IngestSettings(max_file_bytes=2000)


class LinesPartner:
    """A file of lines, one of which may name a file that is not there."""

    options: Mapping[str, str] = MappingProxyType({})
    grants = True

    def __init__(self, folder: Path) -> None:
        self._path = folder / "feed.jsonl"
        self._texts: dict[str, str] = {}
        self._acl: dict[str, list[str]] = {}
        self.place = f"jsonl://{self._path}"

    def put(self, name: str, text: str) -> None:
        self._texts[name] = text
        self._write()

    def remove(self, name: str) -> None:
        del self._texts[name]
        self._write()

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        self._acl[name] = [f"group:{group}" for group in groups]
        self._write()
        return frozenset(self._acl[name])

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        self._write(without=name)
        yield
        self._write()

    @contextmanager
    def down(self) -> Iterator[None]:
        self._path.rename(self._path.with_suffix(".away"))
        yield
        self._path.with_suffix(".away").rename(self._path)

    def _write(self, without: str = "") -> None:
        lines = []
        for name, text in self._texts.items():
            content = {"path": "gone.md"} if name == without else {"text": text}
            acl = {"acl": self._acl[name]} if name in self._acl else {}
            lines.append(json.dumps({"uri": name, **content, **acl}))
        self._path.write_text("\n".join(lines), "utf-8")


class TestContract(ConnectorContract):
    @pytest.fixture
    def partner(self, tmp_path: Path) -> LinesPartner:
        return LinesPartner(tmp_path)


def stream(*lines: object, settings: IngestSettings = SETTINGS) -> StreamSource:
    raw = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return StreamSource(io.BytesIO(raw), "ann", SourceOptions(url="-", read=tuple(READERS)), settings)


def only(source: StreamSource) -> Listing:
    [listing] = source.listings("")
    return listing


def test_a_line_says_what_a_document_is_and_who_reads_it(tmp_path: Path) -> None:
    file = write(tmp_path, "manual.md", "# Pump")
    with closing(
        stream(
            {
                "uri": "hr/1",
                "title": "Leave",
                "text": "Five days.",
                "acl": ["user:bob"],
                "meta": {"year": 2026},
            },
            {"uri": "m", "path": str(file)},
            {"uri": "nobody", "text": "t", "acl": []},
        )
    ) as source:
        listing = only(source)
        assert [(one.uri, one.name, set(one.principals)) for one in listing.listed] == [
            ("stream:ann/hr/1", "Leave.txt", {"user:bob"}),
            ("stream:ann/m", "manual.md", set(READERS)),
            ("stream:ann/nobody", "nobody.txt", set()),
        ]
        assert not listing.complete
        assert [source.fetch(one) for one in listing.listed] == [b"year: 2026\n\nFive days.", b"# Pump", b"t"]


def test_a_malformed_line_is_told_and_the_rest_is_read() -> None:
    bad = [
        b"{",
        b"[1]",
        {"uri": "a"},
        {"uri": "a", "text": "t", "path": "p"},
        {"uri": "a", "text": "t", "acl": ["ann"]},
        {"uri": "a", "text": "t", "alc": ["user:ann"]},
        {"uri": "a\nb", "text": "t"},
        {"uri": "", "text": "t"},
        b"[" * 100_000,
    ]
    with closing(stream(*bad, {"uri": "good", "text": "t"}, settings=IngestSettings())) as source:
        listing = only(source)
    assert [one.uri for one in listing.listed] == ["stream:ann/good"]
    assert [uri for uri, _ in listing.unreadable] == [f"stream:ann/line {n}" for n in range(1, 10)]
    assert all(len(str(problem)) < 200 for _, problem in listing.unreadable)


def test_a_file_with_a_malformed_line_does_not_say_that_anything_is_gone(tmp_path: Path) -> None:
    partner = LinesPartner(tmp_path)
    partner.put("a", "t")
    from ingest.connectors.jsonl import JsonlSource

    path = Path(partner.place.removeprefix("jsonl://"))
    source = JsonlSource(SourceOptions(url=partner.place), SETTINGS, tmp_path)
    assert [part.complete for part in source.listings("")] == [True]
    path.write_text(path.read_text("utf-8") + "\n{", "utf-8")
    assert [part.complete for part in source.listings("")] == [False]


def test_a_later_line_replaces_an_earlier_one() -> None:
    with closing(
        stream(
            {"uri": "a", "text": "old"},
            {"uri": "b", "text": "t"},
            {"uri": "a", "text": "new"},
            {"uri": "b", "deleted": True},
        )
    ) as source:
        listing = only(source)
        assert [one.uri for one in listing.listed] == ["stream:ann/a"]
        assert source.fetch(listing.listed[0]) == b"new"
        assert listing.gone == ["stream:ann/b"]


def test_what_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with closing(stream({"uri": "large", "text": "x" * 2001}, {"uri": "p", "path": "gone.md"})) as source:
        large, gone = only(source).listed
        with pytest.raises(TooLargeError):
            source.fetch(large)
        with pytest.raises(FetchError, match=r"gone\.md"):
            source.fetch(gone)
        with pytest.raises(FetchError, match="send the document again"):
            source.fetch(Listed(uri="stream:ann/other", name="o", principals=READERS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"uri": "a", "text": "t"}', True), ('{"_id": "1", "text": "t"}', False), ("", False), ("[", False)],
)
def test_a_file_of_other_lines_is_a_text(tmp_path: Path, text: str, expected: bool) -> None:
    assert holds_lines(write(tmp_path, "x.jsonl", text)) is expected
