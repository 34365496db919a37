"""A public bucket: what it holds, and the bytes of its objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.contracts.remote import Remote
from afterimage.ingest.fetch.check import Check, check_of

READ_BYTES = 1 << 20
# One request asks for so much: enough to cost little, not too much to notice a changed object.
PIECE_BYTES = 64 << 20
ATTEMPTS = 5
CONNECT_SECONDS, READ_SECONDS = 10, 60
PARTIAL_CONTENT = 206
ENDPOINT = "Correct fetch.endpoint, or leave it out."


@dataclass(frozen=True)
class RemoteFile:
    """An object of the bucket as it is now.

    Attributes
    ----------
    path : str
        Relative to the root.
    url : str
    size : int
    etag : str
        Changes whenever the object does.
    version : str or None
        If the bucket keeps versions.
    head : dict
        Everything that the bucket says of it.
    """

    path: str
    url: str
    size: int
    etag: str
    version: str | None
    head: dict[str, Any]


class ObjectChangedError(Exception):
    """The object is no longer the one that was listed."""


class ConnectionLostError(Exception):
    """The connection broke while an object was read; trying again may help."""


class Bucket:
    """Reads a public bucket without credentials.

    Parameters
    ----------
    remote : Remote
    endpoint : str or None
        Address of another S3 server that holds the same bucket.
    connections : int
        How many may be open at a time.

    Raises
    ------
    ConfigError
        If boto3 is not installed, or the endpoint is no address.
    """

    def __init__(self, remote: Remote, endpoint: str | None, connections: int) -> None:
        address = urlsplit(remote.url)
        self.url = remote.url.rstrip("/")
        self.name = address.netloc
        self._prefix = f"{address.path.strip('/')}/".lstrip("/")
        self._where = self.url if endpoint is None else f"{self.url} at {endpoint}"
        self._client = _client(remote.region, endpoint, connections)

    def url_of(self, path: str) -> str:
        """Return the address of a file."""
        return f"s3://{self.name}/{self._prefix}{path}"

    def describe(self, path: str) -> RemoteFile | None:
        """Return what the bucket says of a file; None if it has none of that name."""
        with self._errors():
            head = self._head(path, ChecksumMode="ENABLED")
        if head is None:
            return None
        if "ETag" not in head or "ContentLength" not in head:
            raise DataError(f"{self._where}: the answer is not one of an S3 server.", ENDPOINT)
        etag = head["ETag"].strip('"')
        version = head.get("VersionId")
        return RemoteFile(path, self.url_of(path), head["ContentLength"], etag, version, head)

    def check_of(self, file: RemoteFile) -> Check:
        """Return how the file's bytes are verified."""
        return check_of(file.head, lambda: self._first_part_bytes(file))

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """Yield a file's bytes from ``start`` to its end.

        Raises
        ------
        ObjectChangedError
            If it is no longer the object that was listed.
        ConnectionLostError
            If the connection broke; the bytes so far are right.
        """
        while start < file.size:
            stop = min(start + PIECE_BYTES, file.size)
            for data in self._piece(file, start, stop):
                start += len(data)
                yield data

    def _piece(self, file: RemoteFile, start: int, stop: int) -> Iterator[bytes]:
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            answer = self._client.get_object(
                **self._address(file.path),
                Range=f"bytes={start}-{stop - 1}",
                IfMatch=f'"{file.etag}"',
            )
            if _status_of(answer) != PARTIAL_CONTENT:
                raise DataError(f"{self._where}: it cannot send parts of a file.", ENDPOINT)
            yield from answer["Body"].iter_chunks(READ_BYTES)
        except ClientError as error:
            status = _status_of(error.response)
            if status in {404, 412, 416}:
                raise ObjectChangedError(file.url) from error
            if status >= 500:
                raise ConnectionLostError(str(error)) from error
            raise self._told(error) from error
        except (BotoCoreError, HTTPError) as error:
            raise ConnectionLostError(str(error)) from error

    def _address(self, path: str) -> dict[str, str]:
        return {"Bucket": self.name, "Key": f"{self._prefix}{path}"}

    def _head(self, path: str, **arguments: Any) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            answer: dict[str, Any] = self._client.head_object(**self._address(path), **arguments)
            return answer
        except ClientError as error:
            # A bucket that may not be listed answers 403 for what it does not hold.
            if _status_of(error.response) in {403, 404}:
                return None
            raise

    def _first_part_bytes(self, file: RemoteFile) -> int:
        with self._errors():
            head = self._head(file.path, PartNumber=1)
        return 0 if head is None else int(head["ContentLength"])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Tell what goes wrong between here and the bucket in two lines."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> DataError:
        return DataError(
            f"{self._where}: {str(error).rstrip('.')}.",
            "Check the network and fetch.endpoint, and run again: what is there is kept.",
        )


def _client(region: str, endpoint: str | None, connections: int) -> Any:
    try:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise ConfigError(
            "fetch: the package boto3, which downloads from public buckets, is not installed.",
            "Install it: pip install 'afterimage[fetch]'",
        ) from None
    settings = Config(
        signature_version=UNSIGNED,
        max_pool_connections=connections,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Files are verified whole; an answer to a part of one may carry the checksum of all of it.
        response_checksum_validation="when_required",
        s3={"addressing_style": "auto" if endpoint is None else "path"},
    )
    try:
        return boto3.client("s3", region_name=region, endpoint_url=endpoint, config=settings)
    except (ValueError, BotoCoreError) as error:
        raise ConfigError(f"fetch.endpoint: {error}", ENDPOINT) from error


def _status_of(answer: Any) -> int:
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
