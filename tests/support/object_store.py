"""A real S3 server on loopback, asked as an operator's gateway would: by the environment alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

import pytest
import s3fs
from moto.server import ThreadedMotoServer

_HOST: Final = "127.0.0.1"


@contextmanager
def bucket() -> Iterator[str]:
    """The URL of an empty bucket; the server ends with the block."""
    server = ThreadedMotoServer(ip_address=_HOST, port=0)
    server.start()
    host, port = server.get_host_and_port()
    name = f"evidence-{uuid4().hex[:8]}"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
            patch.setenv("AWS_ACCESS_KEY_ID", "synthetic")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            s3fs.S3FileSystem.clear_instance_cache()
            s3fs.S3FileSystem().mkdir(name)
            yield f"s3://{name}"
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
