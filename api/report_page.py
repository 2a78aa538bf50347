"""The reports of runs as one page for a person: no script, nothing fetched, fit for a mail or a phone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from core.store.sources import RunEntry, SourceEntry

STYLE = Path(__file__).with_name("report_style.css")

_COUNTED = {
    "added": "added",
    "changed": "changed",
    "permissions": "regranted",
    "unchanged": "unchanged",
    "deleted": "deleted",
    "failed": "failed",
    "cancelled": "cancelled",
}
_BAD = frozenset({"failed", "cancelled"})
_STATES = {
    "done": "done",
    "failed": "did not end well",
    "suspicious": "look at this",
    "running": "under way",
}
# Documents listed at once; the rest of a large run is in its JSON.
_LISTED = 500

Run = tuple[SourceEntry, RunEntry]


def report_page(runs: Sequence[Run], now: datetime | None = None) -> str:
    """Return an HTML page about runs, those first that somebody has to look at."""
    at = f"{now or datetime.now(UTC):%d %B %Y, %H:%M} UTC"
    runs = sorted(runs, key=lambda pair: not _is_bad(pair[1]))
    bad = sum(_is_bad(run) for _, run in runs)
    told = f"{_many(bad, 'run')} of {len(runs)} to look at" if bad else f"{_many(len(runs), 'run')}, all well"
    body = "\n".join(_run(source, run) for source, run in runs) or "<p>No run yet.</p>"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Vademecum: what the runs did</title>\n<style>\n{STYLE.read_text('utf-8')}</style>\n"
        f'</head>\n<body>\n<main>\n<h1>What the runs did</h1>\n<p class="muted">{told} · {at}</p>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def _run(source: SourceEntry, run: RunEntry) -> str:
    report = run.report
    state = "failed" if run.state == "done" and _failed(run) else str(run.state)
    said = "some files failed" if run.state == "done" and _failed(run) else _STATES[run.state]
    parts = [
        f'<section class="run">\n<div class="head"><h2>{escape(source.uri)}</h2>'
        f'<span class="state {state}">{said}</span></div>',
        f'<p class="muted">{_when(run)}</p>',
        *_notes(run),
        _numbers(report.get("counts", {})),
        *_documents(report.get("documents", ())),
        *_stages(report.get("seconds", {})),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _when(run: RunEntry) -> str:
    begun = f"Run {run.id} · {run.started_at:%d %B %Y, %H:%M:%S} UTC"
    if run.finished_at is None:
        return begun
    seconds = (run.finished_at - run.started_at).total_seconds()
    documents = sum(run.report.get("counts", {}).values())
    chunks = run.report.get("chunks", 0)
    said = [begun, f"took {_lasting(seconds)}"]
    if documents and seconds:
        said.append(f"{documents / seconds:,.1f} documents/s")
    if chunks and seconds:
        said.append(f"{_many(chunks, 'chunk')} written, {chunks / seconds:,.1f}/s")
    return " · ".join(said)


def _notes(run: RunEntry) -> Iterator[str]:
    gate = run.report.get("gate") or {}
    broken = gate.get("broken", ())
    if gate and not gate["passed"]:
        lines = "".join(
            f"<li>{escape(one['question'])}<small>{escape(one['reason'])}</small></li>" for one in broken
        )
        yield (
            f'<div class="note suspicious"><h3>{_many(run.report["waiting"], "document")} came not into '
            f"force: {_many(len(broken), 'golden question')} would break</h3>"
            "<p>What was before stays. Mend the source, or <code>vade index promote documents</code>.</p>"
            f'<ul class="files">{lines}</ul></div>'
        )
    elif run.reason:
        kind = "failed" if run.state == "failed" else "suspicious"
        yield f'<p class="note {kind}">{escape(run.reason)}</p>'


def _numbers(counts: Mapping[str, int]) -> str:
    tiles = "".join(
        f'<li class="number{" bad" if name in _BAD and counts[name] else ""}'
        f'{"" if counts[name] else " none"}"><b>{counts[name]:,}</b><small>{label}</small></li>'
        for name, label in _COUNTED.items()
        if name in counts
    )
    return f'<ul class="numbers">{tiles}</ul>' if tiles else ""


def _documents(documents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what failed and what to look at in full, and the rest folded."""
    failed = [one for one in documents if one["outcome"] in _BAD]
    if failed:
        yield "<h3>Not read; mend these and sync again</h3>" + _files(failed, lambda one: [one["reason"]])
    told = [one for one in documents if one.get("notices") and one not in failed]
    if told:
        yield "<h3>Read, but look at these</h3>" + _files(told, lambda one: one["notices"])
    for name in ("added", "changed", "permissions", "deleted"):
        some = [one for one in documents if one["outcome"] == name]
        if some:
            files = _files(some, lambda one: [])
            yield f"<details><summary>{len(some):,} {_COUNTED[name]}</summary>{files}</details>"


def _files(documents: Sequence[Mapping[str, Any]], about: Any) -> str:
    lines = [
        f"<li>{escape(one['uri'])}"
        + "".join(f"<small>{escape(line)}</small>" for line in about(one))
        + "</li>"
        for one in documents[:_LISTED]
    ]
    if len(documents) > _LISTED:
        lines.append(f'<li class="muted">and {len(documents) - _LISTED:,} more</li>')
    return f'<ul class="files">{"".join(lines)}</ul>'


def _stages(seconds: Mapping[str, float]) -> Iterator[str]:
    longest = max(seconds.values(), default=0.0)
    if not longest:
        return
    rows = "".join(
        f'<dt>{escape(stage)}</dt><dd><div class="bar" style="width:{100 * spent / longest:.1f}%"></div></dd>'
        f'<dd class="seconds">{_lasting(spent)}</dd>'
        for stage, spent in sorted(seconds.items(), key=lambda pair: -pair[1])
    )
    yield (
        "<details><summary>Where the time went</summary>"
        '<p class="muted">Stages that run side by side each count their own.</p>'
        f'<dl class="stages">{rows}</dl></details>'
    )


def _is_bad(run: RunEntry) -> bool:
    return run.state in {"failed", "suspicious"} or bool(_failed(run))


def _failed(run: RunEntry) -> int:
    counts = run.report.get("counts", {})
    return sum(counts.get(name, 0) for name in _BAD)


def _lasting(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
