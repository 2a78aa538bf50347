import pytest
from fakes.source import upload_of

from core.errors import FetchError, InputError
from ingest.connectors.source import Listed, Listing
from ingest.connectors.upload import HandedIn, UploadSource

ANN = frozenset({"user:ann"})


def upload(name: str, content: bytes = b"text") -> UploadSource:
    return upload_of("ann", name, content, ANN)


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


def test_several_files_are_one_listing_and_each_is_read_by_itself() -> None:
    source = UploadSource(
        "ann", [HandedIn("a.md", ANN, lambda: b"A"), HandedIn("b.md", frozenset({"public"}), lambda: b"B")]
    )
    listed = listing(source).listed
    assert [one.principals for one in listed] == [ANN, frozenset({"public"})]
    assert [source.fetch(one) for one in listed] == [b"A", b"B"]


def test_an_upload_never_removes_an_earlier_one() -> None:
    assert not listing(upload("a.md")).complete


def test_an_upload_that_was_cut_off_has_to_be_handed_in_again() -> None:
    with pytest.raises(FetchError, match="upload the file again"):
        upload("a.md").fetch(Listed(uri="upload:ann/b.md", name="b.md", principals=ANN))
