import pytest

from core.errors import FetchError, InputError, TooLargeError
from ingest.connectors.source import Listed, Listing
from ingest.connectors.upload import UploadSource

ANN = frozenset({"user:ann"})


def upload(name: str, content: bytes = b"text", limit: int = 100) -> UploadSource:
    return UploadSource("ann", name, content, ANN, limit)


def listing(source: UploadSource) -> Listing:
    [only] = source.listings("")
    return only


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("pump.md", "pump.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\泵 2.pdf", "泵 2.pdf"),
        (" notes.txt ", "notes.txt"),
    ],
)
def test_the_name_is_the_last_part_of_what_the_browser_sent(name: str, kept: str) -> None:
    [listed] = listing(upload(name)).listed
    assert (listed.uri, listed.name, listed.principals) == (f"upload:ann/{kept}", kept, ANN)


@pytest.mark.parametrize("name", ["", "  ", ".", "..", "a/..", "a\x00b", "a\nb", "x" * 256])
def test_a_name_that_names_nothing_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="needs a name"):
        upload(name)


def test_a_file_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    at, over = upload("a.md", b"x" * 100), upload("a.md", b"x" * 101)
    assert at.fetch(listing(at).listed[0]) == b"x" * 100
    with pytest.raises(TooLargeError, match="100 bytes"):
        over.fetch(listing(over).listed[0])


def test_an_upload_never_removes_an_earlier_one() -> None:
    assert not listing(upload("a.md")).complete


def test_an_upload_that_was_cut_off_has_to_be_handed_in_again() -> None:
    with pytest.raises(FetchError, match="upload the file again"):
        upload("a.md").fetch(Listed(uri="upload:ann/b.md", name="b.md", principals=ANN))
