"""Files that are made to do harm, built on the spot; each is small to send and costly to read."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import openpyxl
from fakes.containers import pdf

SECRET = "file:///etc/passwd"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "lol">{_LAUGHS}]>'
EXTERNAL_ENTITY = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{SECRET}">]>'


def word(body: str = "", declaration: str = "", parts: dict[str, str | bytes] | None = None) -> bytes:
    """Return a .docx with this markup as its body, and with more `parts`."""
    types = (
        f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="png" ContentType="image/png"/><Default Extension="bin" ContentType="x/y"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    start = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    members = {
        "[Content_Types].xml": types,
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">{start}</Relationships>',
        "word/document.xml": f'{declaration}<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}">'
        f"<w:body>{body}</w:body></w:document>",
    }
    return packed({**members, **(parts or {})})


def packed(members: dict[str, str | bytes]) -> bytes:
    """Return a ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def related(*relations: str) -> str:
    """Return the relations of a .docx, each given as type, target and perhaps attributes."""
    lines = "".join(f'<Relationship Id="x{n}" {line}/>' for n, line in enumerate(relations))
    return f'<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def page(contents: bytes, entries: bytes = b"") -> tuple[bytes, bytes, bytes]:
    """Return a page as object 3, its font as 4 and its contents, with their dictionary, as 5."""
    body = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>"
    return body, FONT, b"<</Length %d%b>>stream\n%b\nendstream" % (len(contents), entries, contents)


ONE_PAGE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
DRAWN = b"BT /F 12 Tf 72 700 Td (Stop the pump.) Tj ET"


def deflated(block: bytes, times: int) -> bytes:
    """Return a raw deflate stream of `block` repeated; as quick to make for 1 GB as for 1 MB."""
    compress = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compress.compress(block) + compress.flush(zlib.Z_FULL_FLUSH)) * times + b"\x03\x00"


def flate_bomb() -> bytes:
    """A page whose contents unpack to 1.5 GB; readers do not look at the checksum, which is missing."""
    contents = b"\x78\xda" + deflated(b"0 g " * 2**18, 1_500)
    return pdf(CATALOGUE, ONE_PAGE, *page(contents, b"/Filter/FlateDecode"))


def twice_deflated_pdf() -> bytes:
    """The same in 20 kB."""
    contents = zlib.compress(b"\x78\xda" + deflated(b" " * 2**20, 1_500), 9)
    return pdf(CATALOGUE, ONE_PAGE, *page(contents, b"/Filter[/FlateDecode/FlateDecode]"))


def lzw_bomb() -> bytes:
    """LZW codes that each stand for one byte more than the one before: 3 GB from 2 MB."""
    bits = []
    for code in (256, 32, *range(258, 4094)):
        table = max(code, 257) + 1 if code > 255 else 258
        width = 9 if code <= 257 else min(12, max(9, table.bit_length()))
        bits.append(format(code, f"0{width}b"))
    text = "".join(bits) + format(256, "012b")
    text = (text * 8)[: len(text) * 8]
    block = int(text, 2).to_bytes(len(text) // 8, "big")
    return pdf(CATALOGUE, ONE_PAGE, *page(block * 50, b"/Filter/LZWDecode"))


def million_pages() -> bytes:
    kids = b"3 0 R " * 1_000_000
    tree = b"<</Type/Pages/Kids[%b]/Count 1000000>>" % kids
    return pdf(CATALOGUE, tree, *page(DRAWN))


def deep_page_tree(depth: int = 50_000) -> bytes:
    levels = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (n + 3) for n in range(depth)]
    return pdf(CATALOGUE, *levels, b"<</Type/Page/MediaBox[0 0 9 9]>>")


def self_drawing_form() -> bytes:
    """A form that draws itself twice."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>/Length 12>>"
    first = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>/Contents 5 0 R>>"
    draw = b"<</Length 5>>stream\n/X Do\nendstream"
    return pdf(CATALOGUE, ONE_PAGE, first, FONT, draw, form + b"stream\n/X Do /X Do \nendstream")


def zip_bomb(claimed_bytes: int = 2**30) -> bytes:
    """A .docx of 1 MB with a part of 1 GB, of which the archive says that it has `claimed_bytes`."""
    name, data = b"word/styles.xml", deflated(b" " * 2**20, 2**10)
    common = struct.pack("<HHHHIIIHH", 0, 8, 0, 0, 0, len(data), claimed_bytes, len(name), 0)
    plain = word()
    start = plain.index(b"PK\x01\x02")
    end = plain.rindex(b"PK\x05\x06")
    local = b"PK\x03\x04" + struct.pack("<H", 20) + common + name + data
    entry = struct.pack("<4sHH", b"PK\x01\x02", 20, 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, start)
    directory = plain[start:end] + entry + name
    tail = struct.pack("<HHHHIIH", 0, 0, 4, 4, len(directory), start + len(local), 0)
    return plain[:start] + local + directory + b"PK\x05\x06" + tail


def lying_zip_bomb() -> bytes:
    return zip_bomb(100)


def overlapping_zip(entries: int = 200) -> bytes:
    """A directory whose entries all name the same 10 MB of data."""
    single = packed({"word/document.xml": b" " * 10_000_000})
    start = single.rindex(b"PK\x01\x02")
    end = single.rindex(b"PK\x05\x06")
    directory = single[start:end] * entries
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), start, 0)
    return single[:start] + directory + tail


def nested_zips(depth: int = 10) -> bytes:
    inner: bytes = b"x" * 1000
    for level in range(depth):
        inner = packed({f"{level}.zip": inner, "word/embeddings__x.bin": inner})
    return inner


def huge_image() -> bytes:
    """A PNG of 50,000 x 50,000 pixels."""

    def piece(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    rows = b"\x78\xda" + deflated(bytes(6_251), 50_000)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", rows) + piece(b"IEND", b"")


def word_with_image() -> bytes:
    document = docx.Document()
    document.add_paragraph("Stop the pump.")
    document.add_picture(io.BytesIO(huge_image()))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sheet(rows: str = "", strings: str = "") -> bytes:
    """Return a workbook whose one sheet has these rows, perhaps with these shared strings."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with zipfile.ZipFile(out) as archive:
        members: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    data = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
    shared = {"xl/sharedStrings.xml": strings} if strings else {}
    return packed({**members, "xl/worksheets/sheet1.xml": data, **shared})


def million_cells() -> bytes:
    return sheet(("<row>" + "<c><v>7</v></c>" * 1_000 + "</row>") * 1_000)


def wide_sheet(rows: int = 100_000) -> bytes:
    """Every row has one cell, in the last column that there is."""
    return sheet("".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, rows + 1)))


def entity_sheet(declaration: str) -> bytes:
    return sheet(strings=f"{declaration}<sst><si><t>&x;&l9;</t></si></sst>")


def deep_word(depth: int = 20_000) -> bytes:
    return word("<w:sdt><w:sdtContent>" * depth + paragraph("x") + "</w:sdtContent></w:sdt>" * depth)


def tables_in_tables(depth: int = 150) -> bytes:
    return word("<w:tbl><w:tr><w:tc>" * depth + paragraph("x") + "</w:tc></w:tr></w:tbl>" * depth)


def nested_mail(depth: int = 2_000) -> bytes:
    head = "Subject: x\nFrom: a@b.c\n"
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n' for level in range(depth)
    )
    return (head + parts + "\nx\n").encode()


# Name of the file → its content. What each must end in stands in the test.
ATTACKS: dict[str, Callable[[], bytes]] = {
    "zip-bomb.docx": zip_bomb,
    "lying-zip-bomb.docx": lying_zip_bomb,
    "overlapping.docx": overlapping_zip,
    "nested-zips.docx": nested_zips,
    "nested-zips.zip": nested_zips,
    "huge-image.png": huge_image,
    "huge-image.docx": word_with_image,
    "million-cells.xlsx": million_cells,
    "wide.xlsx": wide_sheet,
    "laughs.docx": lambda: word(paragraph("&l9;"), BILLION_LAUGHS),
    "laughs.xlsx": lambda: entity_sheet(BILLION_LAUGHS),
    "laughs.xml": f"{BILLION_LAUGHS}<x>&l9;</x>".encode,
    "laughs.html": f"{BILLION_LAUGHS}<html><body>a &l9;</body></html>".encode,
    "outside.docx": lambda: word(paragraph("&x;"), EXTERNAL_ENTITY),
    "outside.xlsx": lambda: entity_sheet(EXTERNAL_ENTITY),
    "outside.svg": f"{EXTERNAL_ENTITY}<svg><text>&x;</text></svg>".encode,
    "outside.xml": f"{EXTERNAL_ENTITY}<x>&x;</x>".encode,
    "outside.html": f"{EXTERNAL_ENTITY}<html><body>a &x;</body></html>".encode,
    "outside.rst": lambda: (
        b"A\n=\n\ntext\n\n.. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n"
        b".. csv-table::\n   :file: /etc/passwd\n\n.. csv-table::\n   :url: file:///etc/passwd\n"
    ),
    "deep.docx": deep_word,
    "tables.docx": tables_in_tables,
    "deep.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "deep.html": lambda: b"<html><body>" + b"<div>" * 100_000 + b"x",
    "lists.html": lambda: b"<html><body>" + b"<ul><li>" * 20_000 + b"x",
    "tables.html": lambda: b"<html><body>" + b"<table><tr><td>" * 5_000 + b"x",
    "spans.html": lambda: b'<table><tr><td rowspan="65534" colspan="1000">x</td></tr></table>' * 50,
    "quotes.md": lambda: b">" * 100_000 + b"x",
    "brackets.md": lambda: b"[" * 30_000 + b"](" * 30_000,
    "stars.md": lambda: b"*a_ " * 20_000,
    "nested.rst": lambda: "".join(f"{' ' * n}* x\n\n" for n in range(600)).encode(),
    "nested.eml": nested_mail,
    "quoted.csv": lambda: b'a,b\n"' + b"x" * 5_000_000,
    "commas.csv": lambda: b"," * 5_000_000 + b"x",
    "blanks.txt": lambda: b"a" + b" " * 5_000_000 + b"b",
    "lines.txt": lambda: b"a\n" * 300_000,
    "kids.pdf": lambda: pdf(CATALOGUE, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "deep-tree.pdf": deep_page_tree,
    "million-pages.pdf": million_pages,
    "claimed-pages.pdf": lambda: pdf(CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>", *page(DRAWN)),
    "size.pdf": lambda: pdf(CATALOGUE, ONE_PAGE, *page(DRAWN), size=2_147_483_647),
    "flate.pdf": flate_bomb,
    "twice.pdf": twice_deflated_pdf,
    "lzw.pdf": lzw_bomb,
    "form.pdf": self_drawing_form,
    "arrays.pdf": lambda: pdf(CATALOGUE, ONE_PAGE, b"[" * 500_000 + b"]" * 500_000),
}
