"""The example requests of Amazon's S3 API reference, with the signatures that it gives for them."""

from datetime import UTC, datetime

import httpx
import pytest

from ingest.connectors.http.aws_signature import Credentials, signer

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE = Credentials(key_id="AKIAIOSFODNN7EXAMPLE", secret=SECRET, region="us-east-1")
HOST = {"Host": "examplebucket.s3.amazonaws.com"}


@pytest.mark.parametrize(
    ("target", "headers", "signature"),
    [
        (
            "test.txt",
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ("?prefix=J&max-keys=2", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_the_published_examples(target: str, headers: dict[str, str], signature: str) -> None:
    url = httpx.URL(f"https://examplebucket.s3.amazonaws.com/{target}")
    sign = signer(EXAMPLE, lambda: datetime(2013, 5, 24, tzinfo=UTC))
    signed = sign("GET", url, {**HOST, "User-Agent": "x", **headers}, b"")
    assert signed["Authorization"].endswith(f",Signature={signature}")
    assert signed["x-amz-date"] == "20130524T000000Z"
    assert SECRET not in str(signed)


def test_a_token_that_is_lent_is_sent_and_signed() -> None:
    lent = Credentials(key_id="AKIAIOSFODNN7EXAMPLE", secret=SECRET, region="us-east-1", token="lent")
    signed = signer(lent)("GET", httpx.URL("https://examplebucket.s3.amazonaws.com/"), HOST, b"")
    assert signed["x-amz-security-token"] == "lent"
    assert "x-amz-security-token" in signed["Authorization"]
