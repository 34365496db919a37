"""A public bucket on this machine: moto's S3 server, with every request noted."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
from boto3.s3.transfer import TransferConfig
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from afterimage.contracts.remote import Remote

NAME, REGION = "recordings", "us-east-2"
PART_BYTES = 5 << 20


class Silent(MotoRequestHandler):
    def log(self, type, message, *args):
        pass


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    first_byte: int | None


@dataclass
class LocalBucket:
    """What a test puts in, and what it sees of those who read.

    ``before_get`` is called with the number of reads so far and the request; what it returns, if
    anything, is how many bytes are sent before the connection is cut.
    """

    endpoint: str = ""
    name: str = NAME
    prefix: str = "data/"
    requests: list[Request] = field(default_factory=list)
    before_get: Callable[[int, Request], int | None] = lambda number, request: None

    def remote(self, terms: str = "the terms of the test, at example.org") -> Remote:
        return Remote(f"s3://{self.name}/{self.prefix}".rstrip("/"), REGION, terms)

    def put(self, path: str, content: bytes, multipart: bool = False) -> None:
        threshold = PART_BYTES if multipart else 1 << 40
        self._client().upload_fileobj(
            io.BytesIO(content),
            self.name,
            f"{self.prefix}{path}",
            ExtraArgs={"ACL": "public-read"},
            Config=TransferConfig(multipart_threshold=threshold, multipart_chunksize=PART_BYTES),
        )

    def remove(self, path: str) -> None:
        self._client().delete_object(Bucket=self.name, Key=f"{self.prefix}{path}")

    def reads(self, path: str = "") -> list[int | None]:
        """Return the first bytes of all reads of a file's content, or of all files'."""
        return [r.first_byte for r in self.requests if r.method == "GET" and r.path.endswith(path)]

    def make(self) -> None:
        get_backend("s3").reset()
        self._client().create_bucket(
            Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.requests.clear()
        self.before_get = lambda number, request: None

    def _client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="owner",
            aws_secret_access_key="owner",
        )

    def _noting(self, application):
        """Wrap moto: note what is asked for, let a test act before each read."""

        def noting(environ, start_response):
            first = environ.get("HTTP_RANGE", "").removeprefix("bytes=").partition("-")[0]
            request = Request(
                environ["REQUEST_METHOD"], environ["PATH_INFO"], int(first) if first else None
            )
            self.requests.append(request)
            sent = None
            if request.method == "GET":
                sent = self.before_get(len(self.reads()), request)
            answer = application(environ, start_response)
            return answer if sent is None else [b"".join(answer)[:sent]]

        return noting


@contextmanager
def serving(name: str = NAME, prefix: str = "data/") -> Iterator[LocalBucket]:
    """Serve an empty bucket until the block ends."""
    bucket = LocalBucket(name=name, prefix=prefix)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", 0, bucket._noting(application), threaded=True, request_handler=Silent
    )
    bucket.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        bucket.make()
        yield bucket
    finally:
        server.shutdown()
        thread.join()
