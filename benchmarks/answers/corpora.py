"""The corpora of the two halves, each half in one data folder of its own."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from api.app import App, build
from benchmarks.set_folders import data_folder
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.store.documents.reading import list_documents
from core.store.documents.writing import tombstone
from ingest.connectors.folder import FolderSource

PARTS = ("train", "report")
# The demo documents for the group `field` are asked about, too.
GROUPS = ("field",)
DEMO = Path(__file__).parents[2] / "deploy" / "demo" / "documents"
_PUBLIC_SETS = {
    "train": ("corpus_mixed_18f_handbook", "fault_arduino_help", "fault_esp_faq"),
    "report": ("corpus_md_en_sourcegraph_handbook", "fault_prometheus_runbooks", "zh_d365_troubleshooting"),
}
_CODES = Path("fault_dji_hms/sample/src/main/resources/hms.json")
# More than the documents of a half.
_ALL = 100_000
_COLUMNS = {"en": ("Code", "Message"), "zh": ("代码", "说明")}


def opened(work: Path, part: str) -> App:
    """Return the application over the corpora of a half; what is not ingested yet, is.

    A folder whose files did not change costs seconds. Documents of any other folder are removed.
    """
    app = build(load_settings(work / part / "data"))
    folders = list(_folders(work / part, part))
    for folder in folders:
        app.ingestion.ingest(
            FolderSource(folder, frozenset({PUBLIC}), app.settings.ingest.max_file_bytes),
        )
    remove_others(app, folders)
    return app


def remove_others(app: App, folders: Sequence[Path]) -> None:
    """Remove the documents of other folders: the demo of another checkout would be there twice."""
    kept = tuple(f"{folder.resolve().as_uri()}/" for folder in folders)
    with app.database.writing() as session:
        held = list_documents(session, scope_of(None, GROUPS), 0, _ALL)
        others = [one.id for one in held if not one.uri.startswith(kept)]
        for number in others:
            tombstone(session, number)
    if others:
        app.indexes.bring_up_to_date()


def _folders(work: Path, part: str) -> Iterator[Path]:
    yield from (data_folder().resolve() / name for name in _PUBLIC_SETS[part])
    yield DEMO if part == "train" else write_codes(work / "codes")


def write_codes(out: Path) -> Path:
    """Write the health codes of drones as tables, one a language; return their folder."""
    codes = json.loads((data_folder() / _CODES).read_text("utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    for language, columns in _COLUMNS.items():
        rows = [(code, texts[language]) for code, texts in codes.items() if language in texts]
        path = out / f"hms.{language}.csv"
        if not path.exists():
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([columns, *rows])
    return out
