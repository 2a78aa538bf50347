"""The reports of runs as one HTML page without scripts or requests, fit for a mail or a phone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from core.store.sources import RunEntry, SourceEntry

STYLE = Path(__file__).with_name("report_style.css")
_TEMPLATE = Path(__file__).with_name("report_page.html")

_COUNTED = {
    "added": "added",
    "changed": "changed",
    "permissions": "regranted",
    "unchanged": "unchanged",
    "deleted": "deleted",
    "failed": "failed",
    "cancelled": "cancelled",
}
_FOLDED = ("added", "changed", "permissions", "deleted")
_BAD = frozenset({"failed", "cancelled"})
_STATES = {
    "done": "done",
    "failed": "failed",
    "suspicious": "needs attention",
    "running": "under way",
}
# Documents listed at once; the rest of a large run is in its JSON.
_LISTED = 500

Run = tuple[SourceEntry, RunEntry]


@dataclass(frozen=True, slots=True)
class _File:
    """A document as the page lists it, with the lines below its address."""

    uri: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Number:
    """How many documents had an outcome."""

    label: str
    count: int
    is_bad: bool


@dataclass(frozen=True, slots=True)
class _Stage:
    """How long a stage took, beside the longest one."""

    name: str
    percent: float
    duration: str


@dataclass(frozen=True, slots=True)
class _Gate:
    """The golden questions that would break, each with its reason."""

    heading: str
    broken: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One run as the page shows it."""

    uri: str
    state: str
    """A class of the style."""
    label: str
    """The state in words."""
    when: str
    gate: _Gate | None
    reason: str
    reason_kind: str
    """A class of the style."""
    numbers: Sequence[_Number]
    failed: Sequence[_File]
    noticed: Sequence[_File]
    """Documents that were read, with something that a person should know."""
    folded: Sequence[tuple[str, Sequence[_File]]]
    """The other documents by outcome, which the page shows on demand."""
    stages: Sequence[_Stage]


def report_page(runs: Sequence[Run], now: datetime | None = None) -> str:
    """Return an HTML page about runs; the runs that need attention come first."""
    runs = sorted(runs, key=lambda pair: not _is_bad(pair[1]))
    bad = sum(_is_bad(run) for _, run in runs)
    return _template().render(
        style=STYLE.read_text("utf-8"),
        summary=_summary(bad, len(runs)),
        at=f"{now or datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        runs=[_section(source, run) for source, run in runs],
        listed=_LISTED,
    )


def _summary(bad: int, runs: int) -> str:
    if not bad:
        return f"{_many(runs, 'run')}, all well" if runs else "no runs"
    return f"{bad:,} of {_many(runs, 'run')} need{'s' if bad == 1 else ''} attention"


@cache
def _template() -> Template:
    """Return the page's template; it has no loader, so it can include no other file."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(_TEMPLATE.read_text("utf-8"))


def _section(source: SourceEntry, run: RunEntry) -> _Section:
    report = run.report
    some_failed = run.state == "done" and bool(_failed(run))
    documents = report.get("documents", ())
    failed = [one for one in documents if one["outcome"] in _BAD]
    noticed = [one for one in documents if one.get("notices") and one["outcome"] not in _BAD]
    return _Section(
        uri=source.uri,
        state="failed" if some_failed else str(run.state),
        label="some files failed" if some_failed else _STATES[run.state],
        when=_when(run),
        gate=_gate(run),
        reason=run.reason,
        reason_kind="failed" if run.state == "failed" else "suspicious",
        numbers=_numbers(report.get("counts", {})),
        failed=_files(failed, lambda one: [one["reason"]]),
        noticed=_files(noticed, lambda one: one["notices"]),
        folded=list(_folded(documents)),
        stages=_stages(report.get("seconds", {})),
    )


def _when(run: RunEntry) -> str:
    begun = f"Run {run.id} · {run.started_at:%d %B %Y, %H:%M:%S} UTC"
    if run.finished_at is None:
        return begun
    seconds = (run.finished_at - run.started_at).total_seconds()
    documents = sum(run.report.get("counts", {}).values())
    chunks = run.report.get("chunks", 0)
    parts = [begun, f"took {_duration(seconds)}"]
    if documents and seconds:
        parts.append(f"{documents / seconds:,.1f} documents/s")
    if chunks and seconds:
        parts.append(f"{_many(chunks, 'chunk')} written, {chunks / seconds:,.1f}/s")
    return " · ".join(parts)


def _gate(run: RunEntry) -> _Gate | None:
    gate = run.report.get("gate") or {}
    if not gate or gate["passed"]:
        return None
    broken = gate.get("broken", ())
    waiting = run.report["waiting"]
    verb = "is" if waiting == 1 else "are"
    questions = _many(len(broken), "golden question")
    return _Gate(f"{_many(waiting, 'document')} {verb} waiting: {questions} would break", broken)


def _numbers(counts: Mapping[str, int]) -> list[_Number]:
    return [_Number(label, counts[name], name in _BAD) for name, label in _COUNTED.items() if name in counts]


def _folded(documents: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, list[_File]]]:
    for name in _FOLDED:
        if some := [one for one in documents if one["outcome"] == name]:
            yield _COUNTED[name], _files(some, lambda one: ())


def _files(
    documents: Iterable[Mapping[str, Any]], lines: Callable[[Mapping[str, Any]], Sequence[str]]
) -> list[_File]:
    return [_File(one["uri"], lines(one)) for one in documents]


def _stages(seconds: Mapping[str, float]) -> list[_Stage]:
    longest = max(seconds.values(), default=0.0)
    if not longest:
        return []
    return [
        _Stage(stage, 100 * spent / longest, _duration(spent))
        for stage, spent in sorted(seconds.items(), key=lambda pair: -pair[1])
    ]


def _is_bad(run: RunEntry) -> bool:
    return run.state in {"failed", "suspicious"} or bool(_failed(run))


def _failed(run: RunEntry) -> int:
    counts = run.report.get("counts", {})
    return sum(counts.get(name, 0) for name in _BAD)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
