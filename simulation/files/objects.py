"""Paths into an object store with the interface of S3, which readers and writers of files use like those of a disk.

A store has no folders, links or renaming, and nothing to flush: an object appears whole when its bytes have arrived,
and is then durable. Functions of the operating system refuse these paths, so that none is taken for one of the disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from simulation.errors import HyperclusterError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3:"
INSTALL = 'pip install "hypercluster-abm[s3]"'
AT_A_TIME = 16
"""Requests at the same time: each waits for the network most of its time."""

RETRIES = 5
RETRYING_SECONDS = 60
"""How often, and for how long, a request is repeated that failed on the way."""


def located(path: str | Path) -> Path:
    """Return a path of the disk, or that of an object for ``s3://BUCKET/NAME``.

    Raises
    ------
    HyperclusterError
        If the bucket or the name within it is missing.
    """
    found = Path(path)
    if isinstance(path, ObjectPath) or found.parts[:1] != (SCHEME,):
        return path if isinstance(path, ObjectPath) else found
    if len(found.parts) < 3 or ".." in found.parts:
        raise HyperclusterError(f"{path}: a study in an object store is s3://BUCKET/NAME")
    return ObjectPath(*found.parts)


_process: list[int] = []
"""The process that uses the library, if one does."""


def _bucket(name: str) -> S3Store:
    """Return a bucket; address and credentials come from the usual AWS variables.

    Raises
    ------
    OSError
        In a fork of a process that has used the library, whose threads are missing in it: every request would hang.
    """
    _process[:] = _process or [os.getpid()]
    if _process != [os.getpid()]:
        raise OSError(errno.ENOTSUP, "a forked process cannot reach the object store", f"{SCHEME}//{name}")
    return _opened(name, os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")


@cache
def _opened(name: str, address: str) -> S3Store:
    from datetime import timedelta

    try:
        from obstore.store import S3Store
    except ImportError:
        raise HyperclusterError(f"s3://{name}: obstore is not installed; {INSTALL}") from None
    try:
        return S3Store(
            name,
            client_options={"allow_http": address.startswith("http://")},
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=RETRYING_SECONDS),
            },
        )
    except Exception as error:  # noqa: BLE001 - such as a faulty address
        raise HyperclusterError(f"s3://{name}: {error}; see the AWS_ variables of the environment") from None


class ObjectPath(Path):
    """A path in a bucket; made by :func:`located`."""

    def __str__(self) -> str:
        if self.parts[:1] != (SCHEME,):  # relative to another one
            return "/".join(self.parts) or "."
        return f"{SCHEME}//{'/'.join(self.parts[1:])}"

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"{self}: lies in an object store, not on a disk")

    def absolute(self) -> ObjectPath:
        return self

    def is_symlink(self) -> bool:
        return False

    def is_file(self, **_: bool) -> bool:
        import obstore

        try:
            with self._request() as bucket:
                obstore.head(bucket, self._key)
        except FileNotFoundError:
            return False
        return True

    def is_dir(self, **_: bool) -> bool:
        return next(self.objects(), None) is not None

    def exists(self, **_: bool) -> bool:
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Generator[ObjectPath, None, None]:
        """Yield what lies directly below, in the order of names."""
        import obstore

        with self._request() as bucket:
            found = obstore.list_with_delimiter(bucket, prefix=self._key)
        names = [*found["common_prefixes"], *(entry["path"] for entry in found["objects"])]
        return (self._of(name) for name in sorted(names))

    def glob(self, pattern: str, **_: bool | None) -> Generator[ObjectPath, None, None]:
        return (path for path in self.iterdir() if path.match(pattern))

    def objects(self) -> Iterator[ObjectPath]:
        """Yield all objects below, in the order of their names."""
        import obstore

        with self._request() as bucket:
            for page in obstore.list(bucket, prefix=self._key):
                for entry in page:
                    yield self._of(entry["path"])

    def read_bytes(self) -> bytes:
        import obstore

        with self._request() as bucket:
            return obstore.get(bucket, self._key).bytes().to_bytes()

    def read_text(
        self, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> str:
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def write_bytes(self, data: Any) -> int:
        import obstore

        with self._request() as bucket:
            obstore.put(bucket, self._key, data, use_multipart=False)
        return len(data)

    def create(self, content: bytes) -> bool:
        """Write an object unless there is one of that name, and return whether it was written.

        Stores that do not know this condition write in any case.
        """
        import obstore

        try:
            with self._request() as bucket:
                obstore.put(bucket, self._key, content, mode="create", use_multipart=False)
        except FileExistsError:
            return False
        return True

    def unlink(self, missing_ok: bool = True) -> None:
        """Remove an object; a store does not tell whether there was one."""
        import obstore

        try:
            with self._request() as bucket:
                obstore.delete(bucket, self._key)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Do nothing: a folder is there with the first object in it."""

    def rmdir(self) -> None:
        """Do nothing: a folder goes with the last object in it."""

    @property
    def _key(self) -> str:
        return "/".join(self.parts[2:])

    def _of(self, key: str) -> ObjectPath:
        return ObjectPath(SCHEME, self.parts[1], key)

    @contextmanager
    def _request(self) -> Iterator[S3Store]:
        """Yield the bucket, and turn its exceptions into those of the operating system.

        Raises
        ------
        FileNotFoundError, FileExistsError, PermissionError, OSError
        """
        bucket = _bucket(self.parts[1])
        from obstore import exceptions as of_store

        numbers = {
            of_store.AlreadyExistsError: errno.EEXIST,
            of_store.PermissionDeniedError: errno.EACCES,
            of_store.UnauthenticatedError: errno.EACCES,
            of_store.NotSupportedError: errno.ENOTSUP,
        }
        try:
            yield bucket
        except (FileNotFoundError, of_store.BaseError) as error:
            text = " ".join(str(error).split("Debug source")[0].split())
            missing = "NoSuchBucket" in text
            number = errno.ENOENT if isinstance(error, FileNotFoundError) else errno.ENOTCONN
            number = next((found for kind, found in numbers.items() if isinstance(error, kind)), number)
            if "NotImplemented" in text:
                number = errno.ENOTSUP
            raise OSError(
                errno.ENXIO if missing else number,
                f"there is no bucket {self.parts[1]}" if missing else text,
                str(self),
            ) from None


def mapped[A: Path, T](function: Callable[[A], T], paths: Iterable[A]) -> Iterator[T]:
    """Yield the values of a function of paths in their order, computed at the same time in an object store."""
    from concurrent.futures import ThreadPoolExecutor  # only here, because commands must start fast

    paths = list(paths)
    if not any(isinstance(path, ObjectPath) for path in paths):
        yield from map(function, paths)
        return
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        yield from threads.map(function, paths)
