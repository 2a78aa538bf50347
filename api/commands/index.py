"""`vade index …`."""

from pathlib import Path
from typing import Any

from api.app import App
from api.commands.opening import opened
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.store.documents.gating import count_gate_states
from core.store.embedders import FORMER, IN_FORCE, WITHDRAWN, EmbedderEntry, count_unembedded, embedder_at
from core.store.goldens import last_verdicts
from retrieval.judge.golden import Verdict
from retrieval.judge.promotion import DOCUMENTS


def run_list(data_dir: Path | None, terminal: Terminal) -> int:
    """Show what is in force, what waits, and what can be gone back to."""
    with opened(data_dir) as app:
        shown = _shown(app)
    terminal.result(shown, lambda: "\n".join(_lines(shown)))
    return DONE


def run_build(data_dir: Path | None, terminal: Terminal) -> int:
    """Embed what lacks a vector and let the embedder of the settings come into force."""
    with opened(data_dir) as app:
        with terminal.progress("Embedding") as advance:
            app.promotion.mend(advance_by(advance))
            verdict = app.promotion.embedder(advance_by(advance), again=True)
        app.update_indexes()
        name = app.embedder.model_id
    told: dict[str, Any] = {"in_force": name, "verdict": verdict and verdict.as_json()}
    terminal.result(told, lambda: _verdict_text(verdict, name))
    return DONE if verdict is None or verdict.passed else WITH_FAILURES


def run_promote(data_dir: Path | None, terminal: Terminal, subject: str) -> int:
    """Bring what waits into force."""
    with opened(data_dir) as app:
        if subject == DOCUMENTS:
            number = app.promotion.promote_documents()
            told = f"{number} documents came into force."
        else:
            with terminal.progress("Embedding") as advance:
                number = int(app.promotion.promote_embedder(advance_by(advance)))
            told = f"{app.embedder.model_id} is in force."
        app.update_indexes()
    terminal.result({"subject": subject, "promoted": number}, lambda: told)
    return DONE


def run_rollback(data_dir: Path | None, terminal: Terminal, subject: str) -> int:
    """Go back to what was in force before."""
    with opened(data_dir) as app:
        if subject == DOCUMENTS:
            number = app.promotion.roll_back_documents()
            told = f"{number} documents are as they were before the last promotion."
        else:
            with terminal.progress("Embedding") as advance:
                name = app.promotion.roll_back_embedder(advance_by(advance))
            number, told = 1, f"{name} is in force again; set llm.embedder back to keep it."
        app.update_indexes()
    terminal.result({"subject": subject, "rolled_back": number}, lambda: told)
    return DONE


def run_confirm(data_dir: Path | None, terminal: Terminal) -> int:
    """Give up what could be gone back to."""
    with opened(data_dir) as app:
        versions, vectors = app.promotion.confirm()
    terminal.result(
        {"versions": versions, "vectors": vectors},
        lambda: f"{versions} former versions and {vectors} vectors of the former embedder are gone.",
    )
    return DONE


def advance_by(advance: Any) -> Any:
    """Return a bar's function as one that is told of many at once."""

    def told(embedded: int, total: int) -> None:
        for _ in range(embedded):
            advance(total)

    return told


def _shown(app: App) -> dict[str, Any]:
    chosen = app.models.chosen.embedder.model_id
    with app.database.reading() as session:
        entries = {name: embedder_at(session, name) for name in (IN_FORCE, FORMER, WITHDRAWN)}
        counted = count_gate_states(session)
        missing = count_unembedded(session, chosen)
        verdicts = last_verdicts(session)
    with app.dense.index() as dense:
        chunks = len(dense.ids())
    return {
        "embedder": {name: entry and _entry_json(entry) for name, entry in entries.items()},
        "chosen": {"model_id": chosen, "chunks_to_embed": missing},
        "chunks": chunks,
        "documents": {
            "waiting": counted.waiting,
            "withdrawn": counted.withdrawn,
            "can_be_rolled_back": counted.promoted,
        },
        "verdicts": verdicts,
    }


def _entry_json(entry: EmbedderEntry) -> dict[str, str]:
    return {"model_id": entry.model_id, "since": entry.since.isoformat() if entry.since else ""}


def _lines(shown: dict[str, Any]) -> list[str]:
    embedder, documents, chosen = shown["embedder"], shown["documents"], shown["chosen"]
    now = embedder[IN_FORCE]
    lines = [f"In force: {now['model_id']} since {now['since'][:16]}, {shown['chunks']} chunks."]
    if chosen["model_id"] != now["model_id"]:
        lines.append(
            f"The settings choose {chosen['model_id']}; {chosen['chunks_to_embed']} chunks are still to be "
            "embedded. `vade index build` does it."
        )
    lines += [f"Former: {embedder[FORMER]['model_id']}."] if embedder[FORMER] else []
    lines += [f"Taken back: {embedder[WITHDRAWN]['model_id']}."] if embedder[WITHDRAWN] else []
    lines.append(
        f"Documents: {documents['waiting']} wait, {documents['withdrawn']} were taken back, "
        f"{documents['can_be_rolled_back']} can be."
    )
    for subject, verdict in shown["verdicts"].items():
        lines.append(
            f"Gate for {subject}, {verdict['at'][:16]}: {'passed' if verdict['passed'] else 'kept back'}, "
            f"{verdict['holding']} of {verdict['asked']} held before, {verdict['would_hold']} with it."
        )
        lines += [f"  {one['id']}  {one['question']}\n    {one['reason']}" for one in verdict["broken"]]
    return lines


def _verdict_text(verdict: Verdict | None, name: str) -> str:
    return f"{name} is in force." + (f" {verdict.as_text()}." if verdict else "")
