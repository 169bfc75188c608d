"""Files in S3, or in what speaks its language."""

import functools
import json
import logging
from collections.abc import Callable
from typing import IO, Any, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from apps.core.http.errors import Unavailable

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

QUICK = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 2},
    # Others than Amazon do not know its newer checksums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


def a_dependency(method: Callable[P, R]) -> Callable[P, R]:
    """What fails there is not our failure: 503, like a database that is down."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError, Boto3Error) as error:
            logger.exception("the storage does not answer")
            raise Unavailable from error

    return call


class Bucket(S3Storage):
    """Gives up within seconds, and overwrites nothing."""

    client_config: Config

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"file_overwrite": False, **options})
        self.client_config = self.client_config.merge(QUICK)

    @a_dependency
    def _save(self, name: str, content: IO[bytes]) -> str:
        saved: str = super()._save(name, content)
        return saved

    @a_dependency
    def delete(self, name: str) -> None:
        super().delete(name)

    @a_dependency
    def exists(self, name: str) -> bool:
        found: bool = super().exists(name)
        return found

    def make(self) -> None:
        """The bucket itself, where it is missing; everybody may read what has plain links."""
        client = self.connection.meta.client
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region_name}}
        try:
            client.head_bucket(Bucket=self.bucket_name)
        except ClientError:
            client.create_bucket(Bucket=self.bucket_name, **({} if self.region_name == "us-east-1" else elsewhere))
        if not self.querystring_auth:
            client.put_bucket_policy(Bucket=self.bucket_name, Policy=json.dumps(readable_by_all(self.bucket_name)))


def readable_by_all(bucket: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"]}
    return {"Version": "2012-10-17", "Statement": [{**allow, "Resource": [f"arn:aws:s3:::{bucket}/*"]}]}
