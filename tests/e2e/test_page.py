"""The page in a real browser: answers, refusals, failures, and text that wants to be more than text."""

import html
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fakes.source import upload_of
from playwright.sync_api import Browser, Dialog, FilePayload, Page, Route, expect, sync_playwright

from api.app import App, build
from api.http.server import make_http
from core.settings import load_settings

CHROMIUM = shutil.which("chromium")
# Nothing that speaks to the network of its own accord.
BROWSER_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

PUMP = """Pump P-7 maintenance

The pump P-7 runs at 2900 revolutions per minute in normal operation.

Lubrication

The bearing of pump P-7 gets 35 g of grease every 400 hours.
"""
VALVES = """Valve,Torque,Tool
V-11,18 N·m,Socket 13
V-12,24 N·m,Socket 17
"""
ATTACK = "<img src=x onerror=\"document.title='owned';alert(1)\">"
HOSTILE_TEXT = """The turbine T-9 trips at 640 degrees <img src=x onerror=alert(1)> ![x](https://evil.test/?q=1)
[manual](javascript:alert(1)) <script src="https://evil.test/a.js"></script>."""
HOSTILE = f"""<html><head><title>Turbine notes {html.escape(ATTACK)}</title></head>
<body><p>{html.escape(HOSTILE_TEXT)}</p></body></html>
"""
HOSTILE_FILE = "turbine <b onclick=alert(1)>.html"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the browser `chromium` on the PATH")


@dataclass(kw_only=True)
class Visit:
    """One visit to the page, and what the browser did meanwhile."""

    page: Page
    requests: list[str]
    dialogs: list[str]
    problems: list[str]

    def dismiss(self, dialog: Dialog) -> None:
        """Note a dialog, which only a script of a document can have opened."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ask(self, question: str) -> None:
        """Ask by keyboard."""
        field = self.page.get_by_label("Your question")
        field.fill(question)
        field.press("Enter")
        expect(self.page.locator("#stop")).to_be_hidden(timeout=15_000)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve three documents of the user `tester` on a free port."""
    app = build(load_settings(tmp_path_factory.mktemp("page"), api={"user": "user:tester"}))
    for name, text in {"pump.txt": PUMP, "valves.csv": VALVES, HOSTILE_FILE: HOSTILE}.items():
        take_in(app, name, text)
    server = uvicorn.Server(uvicorn.Config(make_http(app), log_level="warning", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    app.close()


def take_in(app: App, name: str, text: str) -> None:
    source = upload_of("tester", name, text.encode(), frozenset({"user:tester"}))
    report = app.ingestion.ingest(source)
    assert not report.failures, report.failures


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def visit(browser: Browser, origin: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open the page; at the end nothing must have left the origin, and nothing must have run."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    visit = Visit(page=context.new_page(), requests=[], dialogs=[], problems=[])
    context.on("request", lambda sent: visit.requests.append(sent.url))
    visit.page.on("dialog", visit.dismiss)
    visit.page.on("pageerror", lambda error: visit.problems.append(str(error)))
    visit.page.goto(origin)
    yield visit
    context.close()
    assert [url for url in visit.requests if not url.startswith(f"{origin}/")] == []
    assert visit.dialogs == []
    assert visit.problems == []


PHONE = pytest.mark.parametrize("visit", [(390, 844)], indirect=True, ids=["phone"])
BOTH = pytest.mark.parametrize("visit", [(1440, 900), (390, 844)], indirect=True, ids=["desktop", "phone"])


@BOTH
def test_an_answer_is_proved_and_the_focus_comes_back(visit: Visit) -> None:
    page = visit.page
    expect(page.get_by_label("Your question")).to_be_focused()
    visit.ask("How much grease does the bearing of pump P-7 get?")
    expect(page.locator(".said")).to_contain_text("35 g of grease every 400 hours")
    expect(page.locator("#announcer")).to_contain_text("35 g of grease every 400 hours")

    chip = page.get_by_role("button", name="Source 1: ").first
    chip.focus()
    chip.press("Enter")
    passage = page.get_by_role("dialog")
    expect(passage.locator("mark")).to_have_text(
        "The bearing of pump P-7 gets 35 g of grease every 400 hours."
    )
    expect(passage.locator("mark")).to_be_in_viewport()
    expect(passage).to_contain_text("The pump P-7 runs at 2900 revolutions")
    expect(passage).to_contain_text("pump.txt")

    page.keyboard.press("Escape")
    expect(passage).to_be_hidden()
    expect(chip).to_be_focused()


def test_a_table_row_is_shown_with_its_column_names(visit: Visit) -> None:
    page = visit.page
    visit.ask("What is the torque of valve V-12?")
    expect(page.locator(".record").first).to_contain_text("Torque")
    page.locator(".source").filter(has_text="24 N·m").first.click()
    expect(page.locator("tr.cited td")).to_have_text(["V-12", "24 N·m", "Socket 17"])


@BOTH
def test_text_of_documents_stays_text(visit: Visit) -> None:
    page = visit.page
    visit.ask("At which temperature does the turbine T-9 trip?")
    expect(page.locator(".said")).to_contain_text("The turbine T-9 trips at 640 degrees")
    expect(page.locator(".said")).not_to_contain_text("img")
    expect(page.locator(".said")).not_to_contain_text("evil.test")
    expect(page.locator(".source").first).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".source").first).to_contain_text(ATTACK)
    expect(page.locator(".source").first).to_contain_text(HOSTILE_FILE)
    page.locator(".source").first.click()
    expect(page.locator("#passage-title")).to_contain_text(ATTACK)
    expect(page.locator("#passage mark").first).to_contain_text("https://evil.test/?q=1")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Documents").click()
    expect(page.locator("#document-list")).to_contain_text(ATTACK)
    assert page.locator("main img, dialog img, main a, dialog a, body script").count() == 0
    assert page.title() == "Vademecum"


def test_a_stream_cannot_bring_in_more_than_text(visit: Visit, origin: str) -> None:
    def answer(route: Route) -> None:
        citation = {"document_id": 1, "uri": f"file:///{ATTACK}", "title": ATTACK, "version": 1, "page": 1}
        citation |= {"span": [0, 4], "quote": f"{ATTACK} | [a](javascript:alert(1))"}
        sentence = {"text": f"{ATTACK} ![x](https://evil.test/?q=2)", "citations": [0, 7]}
        done = {"text": "", "sentences": [sentence], "citations": [citation], "refused": False, "reason": ""}
        done |= {"confidence": 1, "timings": {"total_ms": 1}, "found": []}
        events = [("token", sentence), ("citation", {"index": 0, **citation}), ("done", done)]
        body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        route.fulfill(body=body, content_type="text/event-stream")

    visit.page.route(f"{origin}/v1/ask", answer)
    visit.ask("Anything")
    expect(visit.page.locator(".said")).to_contain_text(ATTACK)
    expect(visit.page.locator(".source")).to_contain_text("[a](javascript:alert(1))")
    visit.page.get_by_role("button", name="Source 8").click()
    expect(visit.page.locator("#passage")).to_be_hidden()
    assert visit.page.locator("main img, main a").count() == 0


def test_the_marks_of_a_sentence_are_an_allow_listed_tree(visit: Visit, origin: str) -> None:
    def answer(route: Route) -> None:
        citation = {"document_id": 1, "uri": "file:///1.md", "title": "Pumps", "version": 1, "page": 1}
        citation |= {"span": [0, 4], "quote": "Pump P-7 is hot."}
        spans = [
            {"text": "Pump ", "mark": "plain"},
            {"text": "P-7", "mark": "code"},
            {"text": f" is {ATTACK}", "mark": "strong"},
            {"text": "hot", "mark": "script"},
        ]
        sentence = {"text": f"Pump P-7 is {ATTACK}hot", "citations": [0], "block": "item", "spans": spans}
        done = {"text": "", "sentences": [sentence], "citations": [citation], "refused": False, "reason": ""}
        done |= {"confidence": 1, "timings": {"total_ms": 1}, "found": []}
        events = [("token", sentence), ("citation", {"index": 0, **citation}), ("done", done)]
        body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        route.fulfill(body=body, content_type="text/event-stream")

    visit.page.route(f"{origin}/v1/ask", answer)
    visit.ask("Anything")
    said = visit.page.locator(".said")
    expect(said.locator("code")).to_have_text("P-7")
    expect(said.locator("strong")).to_have_text(f" is {ATTACK}")
    expect(said).to_contain_text(f"• Pump P-7 is {ATTACK}hot")
    assert said.locator("img, a, script").count() == 0


@BOTH
def test_what_disagrees_and_what_is_superseded_is_shown(visit: Visit, origin: str) -> None:
    def citation(number: int, title: str, quote: str, day: str, owner: str) -> dict[str, Any]:
        about = {"document_id": number, "uri": f"file:///{number}.md", "title": title, "version": 1}
        return {**about, "page": None, "span": [0, 4], "quote": quote, "day": day, "owner": owner}

    def answer(route: Route) -> None:
        new = citation(1, "Grease 2025", "It gets 40 g.", "2025-02-01", "Bo Chen")
        old = citation(2, f"Grease {ATTACK}", "It gets 60 g.", "2023-05-01", "Ann Lee")
        old["claimed"] = ["owner"]
        sentence = {"text": "It gets 40 g.", "citations": [0]}
        taken = {"document_id": 2, "title": old["title"], "by_document_id": 1, "by": "Grease 2025"}
        done = {
            "text": "It gets 40 g.", "sentences": [sentence], "citations": [new], "refused": False,
            "reason": "", "confidence": 1, "timings": {"total_ms": 1}, "found": [], "understood": "",
            "notices": ["Searched by words alone."],
            "disagreements": [{"citation": 0, "other": old}],
            "superseded": [{**taken, "day": "2025-02-01", "owner": "Bo Chen"}],
        }  # fmt: skip
        events = [("token", sentence), ("citation", {"index": 0, **new}), ("done", done)]
        body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        route.fulfill(body=body, content_type="text/event-stream")

    page = visit.page
    page.route(f"{origin}/v1/ask", answer)
    visit.ask("How much grease?")
    expect(page.locator(".superseded")).to_have_text(
        f"Grease {ATTACK} is superseded by Grease 2025 (2025-02-01, Bo Chen)."
    )
    expect(page.locator(".notice")).to_have_text("Searched by words alone.")
    expect(page.get_by_role("heading", name="Another document says otherwise")).to_be_visible()
    other = page.locator("[data-other]")
    for words in ("60 g", "2023-05-01", "Ann Lee (its own claim)"):
        expect(other).to_contain_text(words)
    expect(page.locator("[data-cited].source")).to_contain_text("Bo Chen")


def test_a_refusal_shows_what_came_nearest(visit: Visit) -> None:
    page = visit.page
    visit.ask("Which vaccinations are needed for a business trip to Brazil?")
    expect(page.get_by_role("heading", name="No answer in the documents")).to_be_visible()
    expect(page.get_by_role("heading", name="This comes nearest")).to_be_visible()
    nearest = page.locator(".near").first
    expect(nearest.locator("mark").first).to_be_visible()
    expect(nearest.locator(".near-text")).not_to_be_empty()
    nearest.get_by_role("button", name="Read on").click()
    expect(page.locator("#passage mark").first).to_be_visible()


@BOTH
def test_a_follow_up_is_understood_until_the_conversation_ends(visit: Visit) -> None:
    page = visit.page
    visit.ask("What is the torque of valve V-11?")
    expect(page.locator(".turn").last).to_contain_text("18 N·m")
    visit.ask("And V-12?")
    turn = page.locator(".turn").last
    expect(turn.locator(".understood")).to_have_text("Understood as: What is the torque of valve V-12?")
    expect(turn).to_contain_text("24 N·m")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.get_by_role("button", name="New conversation")).to_be_hidden()
    visit.ask("And V-12?")
    expect(page.locator(".understood")).to_have_count(0)


def test_a_failure_is_told_in_words_and_can_be_repeated(visit: Visit, origin: str) -> None:
    page = visit.page
    busy = {"error": {"code": "busy", "message": "Too many questions are waiting."}}
    page.route(f"{origin}/v1/ask", lambda route: route.fulfill(status=429, json=busy))
    visit.ask("How fast does the pump P-7 run?")
    expect(page.get_by_role("heading", name="Very busy just now")).to_be_visible()
    page.unroute(f"{origin}/v1/ask")
    page.route(f"{origin}/v1/ask", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    page.unroute(f"{origin}/v1/ask")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".said")).to_contain_text("2900 revolutions per minute")


@PHONE
def test_nothing_scrolls_sideways_on_a_phone(visit: Visit) -> None:
    page = visit.page
    visit.ask("What is the torque of valve V-12? " + "x" * 300)
    visit.ask("At which temperature does the turbine T-9 trip?")
    page.locator(".source").first.click()
    expect(page.locator("#passage mark").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Documents").click()
    expect(page.locator(".entry").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_replaced_version_is_said_to_be_old(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    first, second = tmp_path / "fan.txt", tmp_path / "second" / "fan.txt"
    second.parent.mkdir()
    first.write_text("The fan F-3 is cleaned every 90 days.\n")
    second.write_text("The fan F-3 is cleaned every 30 days.\n")

    page.get_by_role("button", name="Documents").click()
    page.set_input_files("#files", first)
    expect(page.locator("#upload-results")).to_contain_text("fan.txt added")
    expect(page.locator("#document-list")).to_contain_text("fan.txt")
    page.keyboard.press("Escape")
    visit.ask("How often is the fan F-3 cleaned?")
    expect(page.locator(".said")).to_contain_text("every 90 days")

    page.get_by_role("button", name="Documents").click()
    page.set_input_files("#files", second)
    expect(page.locator("#upload-results")).to_contain_text("replaced its earlier version")
    page.keyboard.press("Escape")
    page.locator(".source").first.click()
    expect(page.locator("#passage .notice")).to_contain_text("version 1")
    expect(page.locator("#passage mark")).to_contain_text("every 90 days")


def test_a_file_that_cannot_be_read_is_named_with_the_reason(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Documents").click()
    broken = FilePayload(name="broken.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 and no more")
    page.set_input_files("#files", broken)
    expect(page.locator("#upload-results .failed")).to_contain_text("broken.pdf")


@BOTH
def test_an_upload_is_followed_through_a_full_queue_to_its_end(visit: Visit, origin: str) -> None:
    page = visit.page
    accepted = {"id": 7, "state": "queued", "ahead": 2, "outcome": "", "reason": "", "notices": []}
    full = {"error": {"code": "uploads_full", "message": "Too many uploads are waiting."}}
    turned_away, looks = [full], [{**accepted, "state": "running", "ahead": 0}]
    done = {**accepted, "state": "done", "outcome": "added", "notices": [f"Page 1 {ATTACK}", "b", "c"]}

    def post(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
        elif turned_away:
            route.fulfill(status=429, json=turned_away.pop(), headers={"Retry-After": "0.1"})
        else:
            route.fulfill(status=202, json=accepted)

    def look(route: Route) -> None:
        if looks:
            route.fulfill(json=looks.pop())
            return
        expect(line).to_contain_text("being read")
        route.fulfill(json=done)

    line = page.locator("#upload-results li")
    page.route(f"{origin}/v1/documents", post)
    page.route(f"{origin}/v1/jobs/7", look)
    page.get_by_role("button", name="Documents").click()
    page.set_input_files("#files", FilePayload(name="fan.txt", mimeType="text/plain", buffer=b"A fan."))
    expect(line).to_contain_text("fan.txt added; you can ask about it now.")
    expect(line.locator(".note")).to_have_text([f"Page 1 {ATTACK}", "b", "and 1 more remark"])
    assert not turned_away


def test_how_a_document_was_read_stands_in_the_list(visit: Visit, origin: str) -> None:
    page = visit.page
    entry = {
        "id": 1, "uri": "file:///scan.pdf", "title": "Scan", "media_type": "application/pdf",
        "size_bytes": 10, "state": "searchable", "reason": "", "version": 1, "parent": None,
        "updated_at": "2026-01-01T00:00:00+00:00", "notices": ["Pictures without text, not read: page 2."],
    }  # fmt: skip
    page.route(
        f"{origin}/v1/documents?*", lambda route: route.fulfill(json={"documents": [entry], "next": None})
    )
    page.get_by_role("button", name="Documents").click()
    expect(page.locator(".entry .note")).to_have_text("Pictures without text, not read: page 2.")
