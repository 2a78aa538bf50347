import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from integration.ingest.connectors.contract import ConnectorContract
from integration.ingest.connectors.partners import READERS, SHELF_LOADER, write

from core.errors import FetchError, InputError, SourceError, TooLargeError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.langchain_loader import LoaderOptions, LoaderSource
from ingest.connectors.source import Listed
from ingest.connectors.sources import source_at

pytest.importorskip("langchain_core", reason="needs langchain-core")
NO_LOADER = SHELF_LOADER.replace("ShelfLoader", "NoLoader")
SETTINGS = IngestSettings(
    connectors=ConnectorSettings(loaders=(SHELF_LOADER, NO_LOADER, "no.such.module:Loader")),
    max_file_bytes=2000,
)


class ShelfPartner:
    place = "langchain:shelf"
    grants = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.options: Mapping[str, str] = {
            "loader": SHELF_LOADER,
            "args": json.dumps({"folder": str(folder)}),
        }

    def put(self, name: str, text: str) -> None:
        write(self.folder, name, text)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        raise NotImplementedError

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        kept = (self.folder / name).read_text("utf-8")
        self.put(name, "")
        yield
        self.put(name, kept)

    @contextmanager
    def down(self) -> Iterator[None]:
        away = self.folder.with_suffix(".away")
        self.folder.rename(away)
        yield
        away.rename(self.folder)


class TestContract(ConnectorContract):
    @pytest.fixture
    def partner(self, tmp_path: Path) -> ShelfPartner:
        return ShelfPartner(tmp_path / "shelf")


def opened(folder: Path, **options: object) -> LoaderSource:
    told = {
        "url": "langchain:shelf",
        "loader": SHELF_LOADER,
        "args": {"folder": str(folder)},
        "read": list(READERS),
    }
    return LoaderSource(LoaderOptions.model_validate({**told, **options}), SETTINGS, Path())


def test_pieces_of_one_document_become_one(tmp_path: Path) -> None:
    write(tmp_path, "pump.pdf", "Page one.\nPage two.")
    write(tmp_path, "nameless", "Whose?")
    with closing(opened(tmp_path)) as source:
        parts = list(source.listings(""))
        [one] = [one for part in parts for one in part.listed]
        assert (one.uri, one.name) == ("langchain:shelf/shelf/pump.pdf", "pump.pdf.txt")
        assert source.fetch(one) == b"Page one.\n\nPage two."
        [(_, problem)] = parts[-1].unreadable
        assert "'source'" in str(problem)
    with closing(opened(tmp_path)) as again:
        assert again.fetch(one) == b"Page one.\n\nPage two.", "a job that an earlier run left behind"
        with pytest.raises(FetchError):
            again.fetch(Listed(uri="langchain:shelf/other", name="x", principals=READERS))


def test_a_large_document_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "large", "x" * 2001)
    with closing(opened(tmp_path)) as source:
        [one] = [one for part in source.listings("") for one in part.listed]
        with pytest.raises(TooLargeError):
            source.fetch(one)


@pytest.mark.parametrize(
    ("loader", "reason"),
    [
        ("os:system", "not allowed"),
        (NO_LOADER, "not a document loader"),
        ("no.such.module:Loader", "ModuleNotFoundError"),
    ],
)
def test_only_loaders_that_the_operator_names_are_run(loader: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=reason), closing(opened(tmp_path, loader=loader)) as source:
        list(source.listings(""))


def test_options_that_are_not_used(tmp_path: Path) -> None:
    for place, options in (
        ("langchain:a/b", {"loader": SHELF_LOADER}),
        ("langchain:a", {}),
        ("langchain:a", {"loader": "os.system"}),
        ("langchain:a", {"loader": SHELF_LOADER, "args": "{"}),
        ("langchain:a", {"loader": SHELF_LOADER, "args": '{"api_key": "hunter2"}'}),
    ):
        with pytest.raises(InputError) as caught:
            source_at(place, options, READERS, load_settings(tmp_path))
        assert "hunter2" not in str(caught.value)
