"""Published raw files, fetched when they are first needed and checked by their SHA-256."""

from __future__ import annotations

import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pooch
import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from tqdm import tqdm

from mineral_prospectivity.errors import ConfigurationError, LayerError

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MIRROR_VARIABLE = "MINERAL_PROSPECTIVITY_MIRROR"
"""Names a folder with one subfolder an experiment that is used instead of the network."""

ATTEMPTS = 4
PAUSE = 1.0
TIMEOUT = 30.0
CHUNK = 1 << 14
"""Bytes written at a time: the most that an interruption costs."""

PARTIAL_CONTENT = 206
RANGE_NOT_SATISFIABLE = 416
INTERRUPTIONS = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.Timeout,
)


class SourceFile(BaseModel):
    """One raw file: fetched from an address, or a short text given in place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$", description="File name; no folders.")]
    url: Annotated[str, Field(pattern=r"^https?://", description="Address.")] = ""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the content.")] = ""
    text: Annotated[str, Field(description="The content itself.")] = ""

    @model_validator(mode="after")
    def _one_origin(self) -> SourceFile:
        if bool(self.text) == bool(self.url) or bool(self.url) != bool(self.sha256):
            msg = f"{self.name}: give url and sha256, or else text"
            raise ValueError(msg)
        return self


class Sources(BaseModel):
    """The published files of an experiment, as in ``conf/<experiment>/sources.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Annotated[tuple[SourceFile, ...], Field(description="Every file, sidecars too.")]


def fetch_experiment(
    sources: Mapping[str, Any], folder: str | Path, mirror: str | Path | None = None
) -> list[Path]:
    """Bring the raw files of an experiment into its folder; those there already stay.

    A file appears under its name only when it is whole and its SHA-256 is right. What an
    interrupted download had brought is kept, and the next one goes on from there.

    Parameters
    ----------
    sources
        ``files``: for each ``name`` with ``url`` and ``sha256``, or with ``text``.
    folder
        The raw folder of the experiment; a mirror has one of its name.
    mirror
        Folder of mirrored files, one subfolder an experiment, used instead of the network. By
        default what the environment variable ``MINERAL_PROSPECTIVITY_MIRROR`` names, if set.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the sources.

    Raises
    ------
    ConfigurationError
        If an entry of the sources cannot be used.
    LayerError
        If a file cannot be had, or is not what it should be.
    """
    folder = Path(folder)
    files = _validate(sources)
    mirror = mirror or os.environ.get(MIRROR_VARIABLE)
    published = {file.name: file for file in files if file.url}
    store = pooch.create(
        path=folder,
        base_url="",
        registry={name: f"sha256:{file.sha256}" for name, file in published.items()},
        urls={name: file.url for name, file in published.items()},
    )
    # pooch would announce every file as downloaded from its address, mirrored ones too.
    pooch.get_logger().setLevel(logging.WARNING)
    for file in files:
        if file.text:
            _write_text(folder / file.name, file.text)
        elif mirror:
            store.fetch(file.name, downloader=MirrorCopy(file, Path(mirror) / folder.name))
        else:
            store.fetch(file.name, downloader=ResumingDownload(file, folder))
    return [folder / file.name for file in files]


@dataclass(frozen=True)
class MirrorCopy:
    """Takes a file from the experiment's mirror folder, in the place of a pooch downloader."""

    file: SourceFile
    folder: Path

    def __call__(self, url: str, output_file: str, _store: object) -> None:
        """Copy the mirrored file; pooch then gives it its name."""
        path = self.folder / self.file.name
        if not path.is_file():
            msg = (
                f"{self.file.name}: the mirror has no {path}. Put there what {url} gives, or "
                f"unset {MIRROR_VARIABLE} to fetch it from there"
            )
            raise LayerError(msg)
        logger.info("Copying %s", path)
        shutil.copyfile(path, output_file)
        _require_published(output_file, self.file, path)


@dataclass(frozen=True)
class ResumingDownload:
    """Downloads over HTTP, in the place of a pooch downloader, going on where it stopped.

    Bytes are gathered in a hidden part file beside the final one, and those that it holds
    already are not asked for again.
    """

    file: SourceFile
    folder: Path

    @property
    def part(self) -> Path:
        """Where bytes are gathered; its name tells apart versions of the file."""
        return self.folder / f".{self.file.name}.{self.file.sha256[:8]}.part"

    def __call__(self, url: str, output_file: str, _store: object) -> None:
        """Download; an interrupted transfer is taken up again a few times.

        Raises
        ------
        LayerError
            If the server cannot be reached, breaks off again and again, has no such file or
            gives another one.
        """
        logger.info("Fetching %s", url)
        for attempt in range(ATTEMPTS):
            try:
                self._go_on(url)
                break
            except INTERRUPTIONS as error:
                if attempt == ATTEMPTS - 1:
                    raise self._failure(url, f"cannot be reached ({_reason(error)})") from error
                time.sleep(PAUSE * attempt)
            except requests.exceptions.HTTPError as error:
                problem = str(error).split(" for url")[0]
                raise self._failure(url, f"gives an error ({problem})") from error
        self.part.replace(output_file)
        _require_published(output_file, self.file, url)

    def _go_on(self, url: str) -> None:
        have = self.part.stat().st_size if self.part.exists() else 0
        # Compressed transfer would make the byte positions of a range mean something else.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if have and response.status_code == RANGE_NOT_SATISFIABLE:
                return  # Nothing is left to fetch; the hash tells whether what is there is right.
            response.raise_for_status()
            resumed = response.status_code == PARTIAL_CONTENT
            self._append(response, have if resumed else 0)

    def _append(self, response: requests.Response, start: int) -> None:
        total = start + int(response.headers.get("Content-Length", 0))
        with (
            self.part.open("ab" if start else "wb") as file,
            tqdm(
                desc=self.file.name,
                initial=start,
                total=total or None,
                unit="B",
                unit_scale=True,
                disable=None,
            ) as progress,
        ):
            for chunk in response.iter_content(CHUNK):
                progress.update(file.write(chunk))

    def _failure(self, url: str, problem: str) -> LayerError:
        return LayerError(
            f"{self.file.name}: {url} {problem}. Check the network, or set {MIRROR_VARIABLE} to a "
            f"folder that holds {self.folder.name}/{self.file.name}"
        )


def _validate(sources: Mapping[str, Any]) -> tuple[SourceFile, ...]:
    try:
        return Sources.model_validate(dict(sources)).files
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'])}: {_lower(detail['msg'])}"
            for detail in error.errors()
        )
        msg = f"sources: {problems}"
        raise ConfigurationError(msg) from None


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _require_published(path: str, file: SourceFile, origin: object) -> None:
    """Raise a LayerError on a wrong hash; pooch's own check could not name the origin."""
    found = pooch.file_hash(path)
    if found != file.sha256:
        msg = (
            f"{file.name}: {origin} gives another file than was published: its SHA-256 is "
            f"{found}, not {file.sha256}"
        )
        raise LayerError(msg)


def _write_text(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _reason(error: Exception) -> str:
    """Return the innermost reason of an interruption: the outer ones only wrap it."""
    reason: Any = error
    while getattr(reason, "reason", None) or (
        reason.args and isinstance(reason.args[0], Exception)
    ):
        reason = getattr(reason, "reason", None) or reason.args[0]
    return str(reason).rsplit(": ", 1)[-1] or type(reason).__name__
