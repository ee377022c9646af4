"""Files that are read from anywhere and replaced in one step."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import time
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io.core import get_protocol_and_path

from mineral_prospectivity.errors import StorageError, own_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


READ_AHEAD = 256 * 1024
"""Bytes that a ranged read fetches beyond what it was asked for: the header of a map in one go."""


RANDOM_PART = 8 * "?"
"""What ``tempfile`` puts behind a prefix."""

LEFTOVER_AGE = 24 * 3600.0
"""A temporary folder this old, s, belongs to a write that was killed."""


class LocalCopy:
    """A local path to a file; if it is a copy of a remote one, it is deleted with this object.

    Parameters
    ----------
    path
        Where the file can be read.
    folder
        The temporary folder that holds the copy; None when the file itself is local.
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.path = path
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> LocalCopy:
        """Return the same object: two owners of one folder would delete it too early."""
        return self


class RangedFiles:
    """A file system as rasterio takes one, whose files are read by ranges and not as a whole.

    Parameters
    ----------
    files
        The file system.
    """

    def __init__(self, files: fsspec.AbstractFileSystem) -> None:
        self._files = files

    def open(self, path: str, mode: str = "rb", **_options: Any) -> Any:
        """Open a file that fetches what is asked for, and a little more."""
        return self._files.open(path, mode, block_size=READ_AHEAD)

    def size(self, path: str) -> int:
        """Return a file's size, bytes."""
        return int(self._files.size(path))

    def ls(self, path: str, **_options: Any) -> list[str]:  # noqa: ARG002
        """Return that nothing lies beside a file: GDAL looks for masks and overviews there."""
        return []

    def __getattr__(self, name: str) -> Any:
        """Return what else the file system can."""
        return getattr(self._files, name)


class StoredFile:
    """A file or folder on this disk, on S3, or wherever fsspec reaches.

    Parameters
    ----------
    filepath
        Path or URL.
    credentials, options
        Arguments of the fsspec file system.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        credentials: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.url = str(filepath)
        self.protocol, self.path = get_protocol_and_path(self.url)
        self._fs = fsspec.filesystem(self.protocol, **(credentials or {}), **(options or {}))

    @property
    def files(self) -> fsspec.AbstractFileSystem:
        """The file system."""
        return self._fs

    @property
    def local(self) -> bool:
        """Whether the file lies on this machine."""
        return self.protocol == "file"

    @property
    def suffix(self) -> str:
        """Last part of the name, lower case: ``.tif``."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def stem(self) -> str:
        """Name without its last part."""
        return PurePosixPath(self.path).stem

    def exists(self) -> bool:
        """Tell whether the file exists now; another machine may just have made it."""
        self._fs.invalidate_cache(self.path)
        return bool(self._fs.exists(self.path))

    def remove(self) -> None:
        """Delete the file, if there is one."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self.path)

    def require(self) -> None:
        """Make sure that the file exists.

        Raises
        ------
        StorageError
            If it does not.
        """
        if not self.exists():
            msg = f"{self.url}: there is no such file. Check the filepath in the catalog"
            raise StorageError(msg)

    def fetch(self, *, beside: bool = False) -> LocalCopy:
        """Return the file, or folder of files, as a local one.

        Parameters
        ----------
        beside
            Bring the files beside it that share its stem: shapefiles, virtual rasters and
            attribute tables come in several.

        Raises
        ------
        StorageError
            If there is none.
        """
        self.require()
        if self.local:
            return LocalCopy(Path(self.path))
        folder = Path(tempfile.mkdtemp(prefix="mineral-prospectivity-"))
        copy = LocalCopy(folder / PurePosixPath(self.path).name, folder)
        if self._fs.isdir(self.path):
            self._fs.get(self.path.rstrip("/") + "/", f"{copy.path}/", recursive=True)
            return copy
        for path in self._of_one_stem() if beside else [self.path]:
            self._fs.get_file(path, str(folder / PurePosixPath(path).name))
        return copy

    def _of_one_stem(self) -> list[str]:
        folder = str(PurePosixPath(self.path).parent)
        names = [str(path) for path in self._fs.ls(folder, detail=False)]
        return [path for path in names if PurePosixPath(path).name.startswith(f"{self.stem}.")]

    @contextmanager
    def replaced(self) -> Iterator[Path]:
        """Give a path to write to, which becomes the file when the block ends without an error.

        Until then, and when the process is killed or the disk is full, the file stays what it
        was: it is written in a folder beside it and renamed, or uploaded when it is complete.

        Raises
        ------
        StorageError
            If the disk or the store takes no more.
        """
        target = Path(self.path) if self.local else None
        name = PurePosixPath(self.path).name
        prefix = f".{name}."
        try:
            if target is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                _clear_leftovers(target.parent, prefix)
            beside = target.parent if target else None
            with tempfile.TemporaryDirectory(
                prefix=prefix, dir=beside, ignore_cleanup_errors=True
            ) as folder:
                path = Path(folder, name)
                yield path
                if target is None:
                    self._upload(path)
                else:
                    _flush(path)
                    os.replace(path, target)  # noqa: PTH105
        except OSError as error:
            msg = f"{self.url} cannot be written: {own_words(error)}. {_remedy(error)}"
            raise StorageError(msg) from error

    def _upload(self, path: Path) -> None:
        self._fs.put_file(str(path), self.path)
        self._fs.invalidate_cache(self.path)


def _clear_leftovers(folder: Path, prefix: str) -> None:
    """Remove what killed writes of a file have left: not what another process is writing now."""
    for path in folder.glob(f"{glob.escape(prefix)}{RANDOM_PART}"):
        with suppress(OSError):
            if path.is_dir() and time.time() - path.lstat().st_mtime > LEFTOVER_AGE:
                shutil.rmtree(path)


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | PermissionError):
        return "Check the path, and who may write there"
    return "Is the disk full?"


def _flush(path: Path) -> None:
    """Bring a file to the disk: a full disk may show only now."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())
