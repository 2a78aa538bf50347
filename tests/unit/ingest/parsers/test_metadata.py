"""What files say of themselves: in front matter, in a page's head, in a mail's headers."""

from datetime import date

import pytest

from core.values.metadata import NONE, Metadata
from ingest.parsers.formats import parse
from ingest.sandbox.reply import document_reply, read_reply

MARKDOWN = """---
title: Pump P-7
updated: 2024-03-31
owner: Ann Lee
tags: [pump, seal kit]
device: P-7
supersedes: pump-2023.md
---
The pump runs.
"""
PAGE = """<html><head><title>Pump</title><meta name="Author" content="Ann Lee">
<meta property="article:modified_time" content="2024-03-31T10:00:00Z">
<meta name="keywords" content="pump, seal">
</head><body><p>The pump runs.</p></body></html>"""
MAIL = """From: Ann Lee <ann@example.com>
Date: Sun, 31 Mar 2024 23:30:00 +0200
Subject: Pump

The pump runs.
"""


@pytest.mark.parametrize(
    ("name", "text", "metadata"),
    [
        (
            "p.md",
            MARKDOWN,
            Metadata(
                day=date(2024, 3, 31),
                owner="Ann Lee",
                tags=("pump", "seal kit"),
                devices=("P-7",),
                supersedes=("pump-2023.md",),
            ),
        ),
        ("p.html", PAGE, Metadata(day=date(2024, 3, 31), owner="Ann Lee", tags=("pump", "seal"))),
        ("p.eml", MAIL, Metadata(day=date(2024, 3, 31), owner="Ann Lee")),
        ("p.eml", MAIL.replace("31 Mar", "31 Feb"), Metadata(day=None, owner="Ann Lee")),
        ("p.md", "No head.", NONE),
    ],
)
def test_facts_are_read_and_cross_the_sandbox(name: str, text: str, metadata: Metadata) -> None:
    document = parse(text.encode(), name, 10_000)
    assert document.metadata == metadata
    about, parts = document_reply(document)
    about = {**about, "notices": list(about["notices"])}
    assert read_reply(about, parts, 10_000).metadata == metadata
