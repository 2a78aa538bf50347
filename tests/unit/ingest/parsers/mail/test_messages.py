"""Messages: their parts at any depth, their headers, and what they quote."""

from datetime import date
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from fakes.outlook import outlook
from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, check, said

from core.values.documents import ParsedDocument
from ingest.parsers.formats import parse

HEADERS = {"From": "Ann <ann@example.org>", "Subject": "Oil", "Date": "Mon, 11 May 2026 08:00:00 +0200"}


def mail(body: MIMEBase, **headers: str) -> ParsedDocument:
    for field, value in {**HEADERS, **headers}.items():
        body[field] = value
    return read(body.as_bytes())


def read(content: bytes, name: str = "a.eml") -> ParsedDocument:
    document = parse(content, name, MAX_TEXT_BYTES)
    check(document)
    return document


def inside(document: ParsedDocument) -> dict[str, ParsedDocument]:
    return {one.path: one.document for one in document.members if isinstance(one.document, ParsedDocument)}


def own(document: ParsedDocument) -> list[str]:
    """Return the lines behind the headers."""
    return [text for _, text in said(document)][2:]


def of(kind: str, *parts: MIMEBase) -> MIMEMultipart:
    made = MIMEMultipart(kind)
    for part in parts:
        made.attach(part)
    return made


def note(number: int) -> MIMEBase:
    part = MIMEText(f"Article,Pieces\nHose H-{number},{number}\n", "csv")
    part.add_header("Content-Disposition", "attachment", filename=f"note{number}.csv")
    return part


def signature() -> MIMEBase:
    return MIMEApplication(b"xx", "pgp-signature", name="signature.asc")


def letter(text: str = "The hose is attached.", kind: str = "plain") -> MIMEText:
    return MIMEText(text, kind)


@pytest.mark.parametrize(
    "body",
    [
        of("signed", of("mixed", letter(), note(7)), signature()),
        of("mixed", of("mixed", letter(), note(7))),
        of("alternative", letter(), of("mixed", letter("<p>The hose is attached.</p>", "html"), note(7))),
        of("mixed", of("related", of("alternative", letter(), letter("<p>x</p>", "html"))), note(7)),
        of("signed", of("mixed", of("related", letter(), note(7))), signature()),
        of(
            "mixed", of("alternative", of("related", letter("<p>The hose is attached.</p>", "html"), note(7)))
        ),
    ],
    ids=["signed", "mixed", "alternative", "beside alternative", "related in signed", "html alone"],
)
def test_attachments_at_any_depth_are_documents_of_their_own(body: MIMEMultipart) -> None:
    document = mail(body)
    assert own(document) == ["The hose is attached.", "Attachments: note7.csv"]
    assert list(inside(document)) == ["note7.csv"]
    assert "Hose H-7 | 7" in inside(document)["note7.csv"].text


def test_a_second_text_is_read_and_a_report_keeps_its_parts() -> None:
    document = mail(of("mixed", of("mixed", letter(), note(8)), letter("Sent through the list.")))
    assert own(document) == ["The hose is attached.", "Sent through the list.", "Attachments: note8.csv"]
    status = MIMEBase("message", "delivery-status")
    status.attach(letter("Action: failed"))
    lost = letter("Nobody read this.")
    lost["Subject"] = "Lost"
    returned = MIMEMessage(lost)
    document = mail(of("report", letter("It was not delivered."), status, returned))
    assert own(document)[0] == "It was not delivered."
    assert list(inside(document)) == ["attachment.txt", "Lost.eml"]
    assert "Action: failed" in inside(document)["attachment.txt"].text


def test_a_forwarded_message_brings_its_own_attachments() -> None:
    inner = of("signed", of("mixed", letter("Four hoses came."), note(9)), signature())
    inner["Subject"] = "Hoses"
    inner["From"] = "li@example.org"
    document = mail(of("mixed", letter("See below."), MIMEMessage(inner)))
    assert list(inside(document)) == ["Hoses.eml", "Hoses.eml!/note9.csv"]
    assert "Four hoses came." in inside(document)["Hoses.eml"].text


def test_a_sealed_message_says_that_it_was_not_read() -> None:
    document = mail(
        of("encrypted", MIMEApplication(b"Version: 1", "pgp-encrypted"), MIMEApplication(b"\0\1"))
    )
    assert "encrypted" in document.notices[0]


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        (
            "=?gb2312?B?udjT2sbfusWxw7s=?=\n =?gb2312?B?+tC1w9y34rj8u7u1xMu1w/c=?=",
            "关于七号泵机械密封更换的说明",
        ),
        ("=?utf-8?Q?Stra=C3?= =?UTF-8?Q?=9Fe?=", "Straße"),
        ("=?utf-8?B?5rO1?= =?utf-8?Q?_7?= =?iso-8859-1?q?_=FC?=", "泵 7 ü"),
        ("=?utf-8*en?Q?Oil level?= of =?utf-8?B?UC03?=", "Oil level of P-7"),
        ("=?iso-2022-jp?B?GyRCJV0lcyVXGyhC?=", "ポンプ"),
        ("=?x-unknown?B?T2ls?=", "Oil"),
        ("=?utf-8?B?T2l?=", "Oi"),
        ("Plain =?not encoded", "Plain =?not encoded"),
    ],
)
def test_neighbouring_encoded_words_are_decoded_together(subject: str, title: str) -> None:
    assert read(f"Subject: {subject}\nFrom: a@example.org\n\nText.\n".encode()).title == title


def test_names_and_headers_in_bytes() -> None:
    content = (
        'From: "=?utf-8?Q?Lee=2C_Ann?=" <ann@example.org>\nSubject: 泵\nMIME-Version: 1.0\n'
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nSee it.\n--b\nContent-Type: text/plain; '
        'name="x"\nContent-Disposition: attachment; filename="=?gb2312?B?sQ==?= =?gb2312?B?wy50eHQ=?="\n\n'
        "Oil.\n--b--\n"
    ).encode()
    document = read(content)
    assert (document.title, document.metadata.owner) == ("泵", "Lee, Ann")
    assert list(inside(document)) == ["泵.txt"]


MAY = date(2026, 5, 7)
ENGLISH = "On Thu, 7 May 2026, line@example.net wrote:\n> Lot 7 is released.\n> It goes on Monday.\n"
QUOTES = {
    "english": (ENGLISH, "line@example.net", MAY),
    "gmail": (
        "On Thu, May 7, 2026 at 9:12 AM Bo Maier <bo2@example.net>\nwrote:\n\n> Lot 7 is released.\n",
        "Bo Maier",
        MAY,
    ),
    "german": ("Am 07.05.2026 um 10:12 schrieb Bo Maier:\n> Lot 7 is released.\n", "Bo Maier", MAY),
    "german, sender first": (
        "Bo Maier <bo@example.net> schrieb am 7. Mai 2026 um 9:00:\n> Lot 7 is released.\n",
        "Bo Maier",
        MAY,
    ),
    "chinese": ("在 2026年5月7日 10:12，李娜 <li@example.cn> 写道：\n> Lot 7 is released.\n", "李娜", MAY),
    "outlook": (
        "-----Original Message-----\nFrom: Bo Maier\nSent: Thursday, 7 May 2026 09:12\nTo: Ann\n"
        "Subject: Oil\n\nLot 7 is released.\n",
        "Bo Maier",
        MAY,
    ),
    "outlook, german": (
        "Von: Bo Maier <bo@example.net>\nGesendet: Donnerstag, 7. Mai 2026 09:12\nAn: Ann\nBetreff: Oil\n\n"
        "Lot 7 is released.\n",
        "Bo Maier",
        MAY,
    ),
    "outlook, chinese": (
        "发件人: 李娜 <li@example.cn>\n发送时间: 2026年5月7日 9:30\n收件人: 质检\n主题: Oil\n\n"
        "Lot 7 is released.\n",
        "李娜",
        MAY,
    ),
    "qq": ("------------------ 原始邮件 ------------------\n发件人: \"李娜\"<li@example.cn>;\n"
           "发送时间: 2026年5月7日(星期四) 上午9:30\n\nLot 7 is released.\n", "李娜", MAY),
    "without marks": (
        "On Thu, 7 May 2026 at 09:12, Bo Maier <bo@example.net> wrote:\n\nLot 7 is released.\n",
        "Bo Maier",
        MAY,
    ),
    "no sender": ("> Lot 7 is released.\n", "", None),
}  # fmt: skip


@pytest.mark.parametrize("form", QUOTES)
def test_what_a_message_quotes_is_not_its_own_word(form: str) -> None:
    quote, sender, day = QUOTES[form]
    document = mail(letter(f"Lot 7 is blocked.\n\n{quote}"), Subject="Re: Oil")
    assert own(document) == ["Lot 7 is blocked."]
    assert document.notices[0].startswith("The message quotes 1 earlier message (")
    [(path, quoted)] = inside(document).items()
    assert path.startswith("quoted message 1")
    assert "Lot 7 is released." in quoted.text
    assert "Quoted message." in quoted.text
    assert sender in quoted.text
    assert quoted.metadata.day == day
    assert not quoted.notices


def test_each_message_of_a_thread_has_its_sender_and_its_day() -> None:
    text = (
        "Nine.\n\nOn 3 May 2026, bo@example.org wrote:\n> Eight.\n>\n> On 2 May 2026, cy@example.org wrote:\n"
        ">> Seven.\n>>\n>> Am 01.05.2026 schrieb Di <di@example.org>:\n>>> Six.\n"
    )
    document = mail(letter(text))
    assert own(document) == ["Nine."]
    assert "3 earlier messages (bo@example.org 2026-05-03, cy@example.org 2026-05-02" in document.notices[0]
    assert [(own(one), one.metadata.day) for one in inside(document).values()] == [
        (["Eight."], date(2026, 5, 3)),
        (["Seven."], date(2026, 5, 2)),
        (["Six."], date(2026, 5, 1)),
    ]


def test_answers_between_quoted_lines_stay_and_the_quoted_lines_are_one_message() -> None:
    document = mail(letter("On 3 May 2026, bo@example.org wrote:\n> When?\nAt nine.\n> Where?\nIn hall C.\n"))
    assert own(document) == ["At nine. In hall C."]
    [quoted] = inside(document).values()
    assert own(quoted) == ["When? Where?"]


@pytest.mark.parametrize(
    "text",
    [
        "He said what Bo wrote:\nlist of parts\n",
        "From: the depot\nTo: the hall\nSubject: to change\nThe pump goes there.\n",
        "Total > 5 is bad.\n",
        "The original message was lost.\n",
    ],
)
def test_own_words_that_look_like_quotes_stay(text: str) -> None:
    document = mail(letter(text))
    assert " ".join(own(document)).split() == text.split()
    assert not document.members


HTML = {
    "gmail": '<div>Lot 7 is blocked.</div><div class="gmail_quote"><div class="gmail_attr">On Thu, 7 May '
    '2026 <a href="mailto:bo@example.net">bo@example.net</a> wrote:<br></div><blockquote class="gmail_quote">'
    "<p>Lot 7 is released.</p></blockquote></div>",
    "thunderbird": '<p>Lot 7 is blocked.</p><div class="moz-cite-prefix">Am 07.05.2026 um 10:12 schrieb '
    'Bo &lt;bo@example.net&gt;:</div><blockquote type="cite"><p>Lot 7 is released.</p></blockquote>',
    "apple": '<div>Lot 7 is blocked.<br><blockquote type="cite"><div>On 7. May 2026, at 09:12, Bo '
    "&lt;bo@example.net&gt; wrote:</div><div>Lot 7 is released.</div></blockquote></div>",
    "outlook": '<div><p>Lot 7 is blocked.</p><div><div style="border-top:solid #E1E1E1 1.0pt"><p>'
    "<b>From:</b> bo@example.net<br><b>Sent:</b> Thursday, 7 May 2026 09:12<br><b>To:</b> Ann<br>"
    "<b>Subject:</b> Oil</p></div></div><p>Lot 7 is released.</p></div>",
    "outlook in lines": "<div>Lot 7 is blocked.</div><hr><div>发件人: bo@example.net</div><div>发送时间: "
    "2026年5月7日 9:30</div><div>收件人: 质检</div><div>Lot 7 is released.</div>",
    "breaks": "<div>Lot 7 is blocked.<br><br>-----Ursprüngliche Nachricht-----<br>Von: bo@example.net<br>"
    "Gesendet: 7. Mai 2026 09:12<br><br>Lot 7 is released.</div>",
}


@pytest.mark.parametrize("form", HTML)
def test_what_a_message_in_html_quotes_is_not_its_own_word(form: str) -> None:
    document = mail(letter(f"<html><body>{HTML[form]}</body></html>", "html"))
    assert own(document) == ["Lot 7 is blocked."]
    [quoted] = inside(document).values()
    assert "Lot 7 is released." in quoted.text
    assert "bo@example.net" in quoted.text
    assert quoted.metadata.day == MAY


def test_pieces_of_an_html_quotation_are_one_message() -> None:
    piece = '<blockquote type="cite">{}</blockquote>'
    document = mail(
        letter(
            "<p>On 7 May 2026, Bo wrote:</p>" + piece.format("When?") + "<p>At nine.</p>"
            + piece.format("Where?") + "<p>In hall C.</p>",
            "html",
        )
    )  # fmt: skip
    assert own(document) == ["At nine.", "In hall C."]
    [quoted] = inside(document).values()
    assert own(quoted) == ["When?", "Where?"]


def test_outlook_files_are_taken_apart_as_well() -> None:
    document = read(outlook("Re: Oil", f"Lot 7 is blocked.\n\n{ENGLISH}", {"x.txt": b"Oil. " * 900}), "a.msg")
    assert "released" not in document.text
    assert list(inside(document)) == ["x.txt", "quoted message 1 line@example.net 2026-05-07.eml"]


def test_a_thousand_quotations_end_soon() -> None:
    deep = "\n".join(">" * depth + " On 7 May 2026, bo@example.org wrote:" for depth in range(1, 400))
    wide = "".join(f"On {day} May 2026, bo@example.org wrote:\n> x{day}\n" for day in range(1, 29))
    assert len(mail(letter(deep)).members) <= 10
    document = mail(letter(wide))
    assert len(document.members) == 10
    assert "18 older ones were not read" in document.notices[0]
    nested = "<blockquote type=cite>x" * 200
    assert len(mail(letter(f"<p>Own.</p>{nested}", "html")).members) <= 10
