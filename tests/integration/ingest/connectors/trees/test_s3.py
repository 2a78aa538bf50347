from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from integration.ingest.connectors.loopback import Answer, Asked, serving
from integration.ingest.connectors.partners import LOOPBACK, READERS
from integration.ingest.connectors.trees.rclone import PASSWORD, USER, TreePartner, behind, rclone
from integration.ingest.connectors.trees.tree_contract import TreeContract

from core.errors import InputError, SourceError, TooLargeError
from core.settings import ConnectorSettings, IngestSettings, load_settings
from ingest.connectors.sources import source_at
from ingest.connectors.trees.s3 import S3Options, S3Source

SETTINGS = IngestSettings(connectors=ConnectorSettings.model_validate(LOOPBACK), max_file_bytes=2000)


class BucketPartner(TreePartner):
    """A bucket of `rclone serve s3`, which checks signatures."""

    options = {"user": USER, "password_env": "S3_SECRET"}  # noqa: RUF012

    @property
    def place(self) -> str:  # type: ignore[override]
        return f"s3+{self.web.url}/bucket/manuals"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("s3")
    with rclone("s3", folder, "--auth-key", f"{USER},{PASSWORD}") as port:
        yield folder, port


@pytest.fixture
def partner(served: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketPartner]:
    monkeypatch.setenv("S3_SECRET", PASSWORD)
    root, port = served
    bucket = root / "bucket"
    bucket.mkdir()
    with behind(BucketPartner(bucket / "manuals", port)) as made:
        yield made  # type: ignore[misc]
    bucket.rename(root.parent / f"{root.name}-used-{id(made)}")


class TestContract(TreeContract):
    pass


def open_bucket(url: str, **options: str) -> S3Source:
    return S3Source(
        S3Options.model_validate({"url": url, "read": list(READERS), **options}), SETTINGS, Path()
    )


def test_a_wrong_secret_is_a_plain_reason(partner: BucketPartner, monkeypatch: pytest.MonkeyPatch) -> None:
    partner.put("a.md", "Pump.")
    monkeypatch.setenv("S3_SECRET", "wrong")
    with (
        closing(open_bucket(partner.place, **partner.options)) as source,
        pytest.raises(SourceError) as caught,
    ):
        list(source.listings(""))
    assert "SignatureDoesNotMatch" in str(caught.value)
    monkeypatch.delenv("S3_SECRET")
    with pytest.raises(SourceError, match="S3_SECRET is not set"):
        open_bucket(partner.place, **partner.options)


def test_a_neighbour_whose_name_begins_alike_is_not_listed(partner: BucketPartner) -> None:
    partner.put("a.md", "Pump.")
    (partner.folder.parent / "manuals2").mkdir()
    (partner.folder.parent / "manuals2" / "b.md").write_text("b", "utf-8")
    with closing(open_bucket(partner.place, **partner.options)) as source:
        [one] = [one for part in source.listings("") for one in part.listed]
        assert one.uri == f"{partner.place}/a ü+%25/a.md"
    with closing(open_bucket(f"s3+{partner.web.url}/bucket", **partner.options)) as source:
        listed = [one for part in source.listings("") for one in part.listed]
        assert [source.fetch(one) for one in listed] == [b"Pump.", b"b"]


def contents(*keys: str) -> str:
    return "".join(f'<Contents><Key>{key}</Key><ETag>"1"</ETag><Size>9</Size></Contents>' for key in keys)


def page(keys: str, following: str = "") -> Answer:
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{following}</NextContinuationToken>"
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return Answer(
        status=200,
        content=f'<ListBucketResult xmlns="{space}"><EncodingType>url</EncodingType>{keys}'
        f"{more if following else '<IsTruncated>false</IsTruncated>'}</ListBucketResult>",
    )


def test_a_long_list_comes_in_pages() -> None:
    def answering(asked: Asked) -> Answer:
        assert asked.query["list-type"] == "2"
        if asked.query.get("continuation-token") == "a/b c==":
            return page(contents("folder/", "b+b%2B.md"))
        return page(contents("a.md", "x//y.md", "up/../z.md"), "a/b c==")

    with serving(answering) as web, closing(open_bucket(f"s3+{web.url}/bucket")) as source:
        parts = list(source.listings(""))
        assert [one.uri for part in parts for one in part.listed] == [
            f"{source.uri}/a.md", f"{source.uri}/b b+.md",
        ]  # fmt: skip
        problems = [uri.removeprefix(f"{source.uri}/") for part in parts for uri, _ in part.unreadable]
        assert problems == ["x//y.md", "up/../z.md"]


def test_a_list_that_fails_on_its_second_page_or_leads_in_circles_is_no_list() -> None:
    for second in (
        Answer(status=500),
        page("", "again"),
        Answer(status=200, content="<html>"),
        Answer(status=301, content="<x/>"),
    ):
        answers = {"": page(contents("a.md"), "again"), "again": second}
        with (
            serving(lambda asked, answers=answers: answers[asked.query.get("continuation-token", "")]) as web,  # type: ignore[misc]
            closing(open_bucket(f"s3+{web.url}/bucket")) as source,
            pytest.raises(SourceError),
        ):
            list(source.listings(""))


def test_an_object_over_the_limit_is_refused(partner: BucketPartner) -> None:
    partner.put("a.md", "x" * 2001)
    with closing(open_bucket(partner.place, **partner.options)) as source:
        [one] = [one for part in source.listings("") for one in part.listed]
        with pytest.raises(TooLargeError):
            source.fetch(one)


@pytest.mark.parametrize(
    "place", ["s3://", "s3://UPPER/x", "s3+https://example.com", "s3+http://0x7f.1/bucket"]
)
def test_addresses_that_are_no_bucket(place: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        source_at(place, {}, READERS, load_settings(tmp_path))


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("s3://manuals/a/b", "https://manuals.s3.eu-central-1.amazonaws.com"),
        ("s3://manuals.example/a", "https://s3.eu-central-1.amazonaws.com/manuals.example"),
        ("s3+https://minio.example:9000/manuals/a", "https://minio.example:9000/manuals"),
    ],
)
def test_where_a_bucket_is(url: str, endpoint: str) -> None:
    assert S3Options(url=url, region="eu-central-1").endpoint == endpoint
