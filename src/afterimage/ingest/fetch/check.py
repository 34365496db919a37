"""How downloaded bytes are compared with what a bucket says of an object."""

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MD5 = re.compile(r"[0-9a-f]{32}")
MD5_OF_PARTS = re.compile(r"[0-9a-f]{32}-(\d+)")
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Check:
    """What a file's bytes must give.

    Attributes
    ----------
    method : {"sha256", "md5", "md5 of parts", "crc32", "size"}
        "md5 of parts" is the MD5 of the MD5s of the parts in which the object was uploaded.
    expected : str
        Empty if the bucket tells nothing but the size.
    part_bytes : int
        Size of all parts but the last.
    """

    method: Literal["sha256", "md5", "md5 of parts", "crc32", "size"]
    expected: str = ""
    part_bytes: int = 0

    def start(self) -> "Digest":
        """Return what takes the bytes."""
        return Digest(self)

    def text(self) -> str:
        """Say what was verified."""
        return f"{self.method} {self.expected}".strip()


class Digest:
    """Takes the bytes of one object in order, in pieces of any size."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._parts = hashlib.md5(usedforsecurity=False)
        self._in_part = self._finished_parts = self._crc32 = 0

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        method = self._check.method
        if method == "sha256":
            self._sha256.update(data)
        elif method == "md5":
            self._md5.update(data)
        elif method == "crc32":
            self._crc32 = zlib.crc32(data, self._crc32)
        elif method == "md5 of parts":
            self._update_parts(memoryview(data))

    def _update_parts(self, data: memoryview) -> None:
        while data:
            taken = data[: self._check.part_bytes - self._in_part]
            self._md5.update(taken)
            self._in_part += len(taken)
            data = data[len(taken) :]
            if self._in_part == self._check.part_bytes:
                self._end_part()

    def _end_part(self) -> None:
        self._parts.update(self._md5.digest())
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._finished_parts += 1
        self._in_part = 0

    def matches(self) -> bool:
        """Return whether these were the object's bytes."""
        return self._check.method == "size" or self._value() == self._check.expected

    def _value(self) -> str:
        method = self._check.method
        if method == "sha256":
            return self._sha256.hexdigest()
        if method == "md5":
            return self._md5.hexdigest()
        if method == "crc32":
            return f"{self._crc32:08x}"
        if self._in_part:
            self._end_part()
        return f"{self._parts.hexdigest()}-{self._finished_parts}"


def check_of(head: Mapping[str, Any], first_part_bytes: Callable[[], int]) -> Check:
    """Choose the strongest check that an object's metadata allow.

    Parameters
    ----------
    head : mapping
        What S3's HeadObject returns.
    first_part_bytes : callable
        Asks for the size of the first part; only called for an object of several parts.

    References
    ----------
    Amazon S3 User Guide, "Checking object integrity": an ETag is an MD5 of the content, or of the
    parts' MD5s, unless the object is encrypted with a key of AWS KMS or of the customer.
    """
    # A checksum of a multipart upload may be one of its parts' checksums ("-N" at its end).
    whole = head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
    sha256 = head.get("ChecksumSHA256", "")
    if whole and sha256 and "-" not in sha256:
        return Check("sha256", base64.b64decode(sha256).hex())
    etag = head["ETag"].strip('"')
    if _is_of_content(head):
        if MD5.fullmatch(etag):
            return Check("md5", etag)
        if (found := MD5_OF_PARTS.fullmatch(etag)) is not None:
            size = first_part_bytes()
            if -(-head["ContentLength"] // max(size, 1)) == int(found[1]):
                return Check("md5 of parts", etag, size)
    if head.get("ChecksumType") == "FULL_OBJECT" and "ChecksumCRC32" in head:
        return Check("crc32", base64.b64decode(head["ChecksumCRC32"]).hex())
    return Check("size")


def _is_of_content(head: Mapping[str, Any]) -> bool:
    kms = str(head.get("ServerSideEncryption", "")).startswith("aws:kms")
    return not kms and "SSECustomerAlgorithm" not in head


def digest_file(path: Path, digest: Digest, each: Callable[[int], None]) -> None:
    """Feed a file's bytes to a digest; ``each`` is told the size of every piece."""
    with path.open("rb") as stream:
        while data := stream.read(READ_BYTES):
            digest.update(data)
            each(len(data))
