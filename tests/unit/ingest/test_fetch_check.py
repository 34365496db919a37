"""Which checksum verifies an object, and that it is the right one whatever the pieces."""

import base64
import hashlib
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterimage.ingest.fetch.check import Check, check_of

CONTENT = bytes(range(256)) * 50
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256, CRC32 = hashlib.sha256(CONTENT), zlib.crc32(CONTENT).to_bytes(4, "big")


def of_parts(content, size):
    parts = [content[i : i + size] for i in range(0, len(content), size)]
    return (
        f"{hashlib.md5(b''.join(hashlib.md5(p).digest() for p in parts)).hexdigest()}-{len(parts)}"
    )


def text(checksum):
    return base64.b64encode(checksum).decode()


def head(**values):
    return {"ETag": f'"{MD5}"', "ContentLength": len(CONTENT), **values}


HEADS = {
    "md5": head(),
    "md5 of parts": head(ETag=f'"{of_parts(CONTENT, 3000)}"'),
    "sha256": head(ChecksumSHA256=text(SHA256.digest()), ETag='"other"'),
    "crc32": head(
        ServerSideEncryption="aws:kms", ChecksumCRC32=text(CRC32), ChecksumType="FULL_OBJECT"
    ),
}


@pytest.mark.parametrize("method", HEADS)
@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=6))
def test_a_checksum_is_that_of_the_content_in_any_pieces(method, cuts):
    check = check_of(HEADS[method], lambda: 3000)
    assert check.method == method
    for content, right in ((CONTENT, True), (CONTENT[:-1] + b"x", False)):
        digest = check.start()
        places = [0, *sorted(cuts), len(content)]
        for start, stop in pairwise(places):
            digest.update(content[start:stop])
        assert digest.matches() is right


@pytest.mark.parametrize(
    "told",
    [
        head(ServerSideEncryption="aws:kms"),
        head(SSECustomerAlgorithm="AES256"),
        head(ETag='"an-opaque-one"'),
        head(ETag=f'"{MD5}-7"'),  # not the number of parts of 3000 bytes
        head(
            ETag='"opaque"',
            ChecksumSHA256=text(SHA256.digest()) + "-5",
            ChecksumType="COMPOSITE",
        ),
    ],
)
def test_without_a_checksum_of_the_content_the_size_alone_is_verified_and_told(told):
    check = check_of(told, lambda: 3000)
    assert check == Check("size")
    assert check.text() == "size"
    assert check.start().matches()
