"""Raw files of an experiment, brought to where every environment finds them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DEPOSITS = "deposits"
"""Folder of the deposits, when they lie apart from the layers."""


def place_in(raw: Path, path: Path, layers: Path) -> Path:
    """Return where a file belongs below the raw folder: as it lies among the layers."""
    if path.is_relative_to(layers):
        return raw / path.relative_to(layers)
    return raw / DEPOSITS / path.name


def companions(path: Path) -> list[Path]:
    """Return a file with those beside it that belong to it; of a folder, all files."""
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.is_file())
    beside = path.parent.glob("*")
    return sorted(one for one in beside if one.is_file() and _belongs(one.name, path))


def _belongs(name: str, path: Path) -> bool:
    return name == path.name or name.startswith((f"{path.name}.", f"{path.stem}."))


def bring(pairs: Iterable[tuple[Path, Path]]) -> int:
    """Link files to their places, or copy them where the disk cannot; return how many.

    A link takes no space, and stays when the original is moved or deleted.
    """
    count = 0
    for source, target in pairs:
        if target.exists() and target.samefile(source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another disk, or one without links
            shutil.copy2(source, target)
        count += 1
    return count
