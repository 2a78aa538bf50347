import io
import stat
import zipfile

import pytest
from fakes.containers import mailed, packed
from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, pdf

from core.errors import EncryptedError, ParseError, TooLargeError, UnknownFormatError
from core.values.documents import Member, ParsedDocument
from ingest.parsers.formats import parse
from ingest.parsers.members import MAX_DEPTH, MAX_MEMBERS


def inside(content: bytes, name: str) -> dict[str, ParsedDocument | ParseError]:
    return {member.path: member.document for member in parse(content, name, MAX_TEXT_BYTES).members}


def text(found: ParsedDocument | ParseError) -> str:
    assert isinstance(found, ParsedDocument)
    return found.text


def reason(found: ParsedDocument | ParseError) -> str:
    assert isinstance(found, ParseError)
    return str(found)


def test_an_archive_is_a_folder_and_its_own_text_the_list_of_it() -> None:
    content = packed({"a.md": "# Pump", "sub/b.txt": "Stop it.", ".hidden": "x", "__MACOSX/a.md": "x"})
    document = parse(content, "shift.zip", MAX_TEXT_BYTES)
    assert (document.title, document.text) == ("shift", "a.md (6 bytes)\nsub/b.txt (8 bytes)")
    assert {path: text(found) for path, found in inside(content, "shift.zip").items()} == {
        "a.md": "Pump",
        "sub/b.txt": "Stop it.",
    }
    assert [member.name for member in document.members] == ["a.md", "b.txt"]


def test_attachments_of_a_message_are_documents_of_their_own() -> None:
    inner = mailed("The valve leaks.", {"valve.txt": b"V-7 leaks."}, subject="Valve")
    content = mailed("See below.", {"log.pdf": pdf(), "shift.zip": packed({"a.md": "Oil."}), "": inner})
    found = inside(content.as_bytes(), "a.eml")
    assert list(found) == ["log.pdf", "shift.zip", "shift.zip!/a.md", "Valve.eml", "Valve.eml!/valve.txt"]
    assert "mainte" in text(found["log.pdf"])
    assert text(found["Valve.eml"]).endswith("Attachments: valve.txt")
    assert text(found["Valve.eml!/valve.txt"]) == "V-7 leaks."


def test_a_logo_in_the_text_of_a_message_is_no_document() -> None:
    message = mailed("Yours, Ann", {"plan.txt": b"Oil."})
    logo = message.get_body()
    assert logo is not None
    message.add_attachment(
        b"\x89PNG", "image", "png", cid="<logo>", filename="logo.png", disposition="inline"
    )
    assert list(inside(message.as_bytes(), "a.eml")) == ["plan.txt"]


def test_what_cannot_be_read_inside_fails_alone() -> None:
    found = inside(packed({"a.md": "Oil.", "b.exe": b"MZ\0\1\0\0", "c.pdf": b"%PDF-1.7 no more"}), "a.zip")
    assert text(found["a.md"]) == "Oil."
    assert isinstance(found["b.exe"], UnknownFormatError)
    assert isinstance(found["c.pdf"], ParseError)


@pytest.mark.parametrize("path", ["../../etc/cron.d/x", "..\\..\\x", "/abs/x", "C:\\x", "a/../../x"])
def test_a_path_that_leads_out_is_refused_and_leads_nowhere(path: str) -> None:
    [(place, found)] = inside(packed({path: "Stop."}), "a.zip").items()
    assert "leads out" in reason(found)
    assert ".." not in place
    assert not place.startswith("/")


def test_a_symbolic_link_is_not_followed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("passwords.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "symbolic link" in reason(inside(out.getvalue(), "a.zip")["passwords.txt"])


def test_an_encrypted_file_says_so_and_the_list_is_there() -> None:
    content = bytearray(packed({"a.md": "Oil."}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    assert isinstance(inside(bytes(content), "a.zip")["a.md"], EncryptedError)


def test_names_in_an_old_encoding_are_read() -> None:
    marked = packed({"xxxx.md": "Oil."}).replace(b"xxxx", "泵操".encode("gb18030"))
    assert list(inside(marked, "a.zip")) == ["泵操.md"]


def test_two_files_of_one_name_get_different_paths() -> None:
    message = mailed("See below.", {"a.txt": b"One."})
    message.add_attachment(b"Two.", "text", "plain", filename="a.txt")
    assert list(inside(message.as_bytes(), "a.eml")) == ["a.txt", "a (2).txt"]


def test_archives_in_archives_end() -> None:
    content = packed({"core.md": "Oil."})
    for level in range(8):
        content = packed({f"{level}.zip": content})
    found = inside(content, "a.zip")
    assert len(found) == MAX_DEPTH
    assert isinstance(list(found.values())[-1], TooLargeError)


def test_too_many_files_or_too_much_text_are_one_reason() -> None:
    many = packed({f"{number}.txt": "Oil." for number in range(MAX_MEMBERS + 1)})
    with pytest.raises(TooLargeError, match=f"more than {MAX_MEMBERS}"):
        parse(many, "a.zip", MAX_TEXT_BYTES)
    with pytest.raises(TooLargeError, match="more text"):
        parse(packed({f"{number}.txt": "Oil. " * 100 for number in range(10)}), "a.zip", 2_000)


def test_a_member_is_the_same_as_long_as_its_bytes_are() -> None:
    [first], [second] = (parse(packed(files), "a.zip", 1000).members for files in ({"a": "x"}, {"b": "x"}))
    assert isinstance(first, Member)
    assert (first.content_sha256, first.size_bytes) == (second.content_sha256, 1)
