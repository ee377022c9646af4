"""Writing an experiment: its configuration, its raw files and a picture of its layers."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mineral_prospectivity.config import BASE, declares_experiment
from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.configuration import files_of
from mineral_prospectivity.experiments.preview import preview
from mineral_prospectivity.experiments.raw import bring, parts_of, place_in

if TYPE_CHECKING:
    from mineral_prospectivity.experiments.draft import Draft

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
RESERVED = (BASE, "local")
"""Environments of Kedro's own."""

PREVIEW = "layers.png"


def require_new(name: str, conf: Path, *, force: bool) -> None:
    """Refuse a name that cannot be an experiment's, is one's already, or is that of an overlay.

    Raises
    ------
    ConfigurationError
        If so.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        msg = (
            f"{name!r} cannot name an experiment. Take letters, digits, - and _, beginning with a "
            f"letter; {', '.join(RESERVED)} have a meaning of their own"
        )
        raise ConfigurationError(msg)
    folder = conf / name
    if not folder.exists():
        return
    if not _is_experiment(folder):
        msg = f"{folder} is an overlay: no globals.yml in it names an experiment. Take another name"
        raise ConfigurationError(msg)
    if not force:
        msg = f"{folder} exists already. Take another name, or --force to write it anew"
        raise ConfigurationError(msg)


def _is_experiment(folder: Path) -> bool:
    """Tell whether an environment is an experiment; others are overlays."""
    path = folder / "globals.yml"
    return path.exists() and declares_experiment(path.read_text(encoding="utf-8"), str(path))


def write_experiment(draft: Draft, conf: Path, reports: Path) -> Path:
    """Write an experiment, all of it or nothing, and return where the preview lies.

    Parameters
    ----------
    conf
        Folder of the environments.
    reports
        Folder of the experiment's results.
    """
    pairs = _raw_files(draft)
    texts, picture = files_of(draft), preview(draft)
    bring(pairs)
    reports.mkdir(parents=True, exist_ok=True)
    (reports / PREVIEW).write_bytes(picture)
    _replace(conf / draft.name, texts)
    return reports / PREVIEW


def _raw_files(draft: Draft) -> list[tuple[Path, Path]]:
    """Return every file that the catalog needs, and where it goes; none that is there already.

    Raises
    ------
    ConfigurationError
        If two would go to one place.
    """
    roots = [draft.deposits.path, *(found.path for found in draft.layers)]
    sources = {file for root in roots for file in parts_of(root)}
    places: dict[Path, Path] = {}
    for source in sorted(sources):
        other = places.setdefault(_place(draft, source), source)
        if other != source:
            msg = f"{other} and {source} would go to one place in {draft.raw}. Rename one of them"
            raise ConfigurationError(msg)
    return [(source, target) for target, source in places.items() if target != source]


def _place(draft: Draft, source: Path) -> Path:
    deposits = draft.deposits.path
    if deposits.is_dir() and source.is_relative_to(deposits):
        return place_in(draft.raw, deposits, draft.source) / source.relative_to(deposits)
    return place_in(draft.raw, source, draft.source)


def _replace(folder: Path, texts: dict[str, str]) -> None:
    """Put files into a folder beside what else it holds, all of them or none."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as made:
        whole, before = Path(made, "whole"), Path(made, "before")
        if folder.exists():
            shutil.copytree(folder, whole, symlinks=True)
        whole.mkdir(exist_ok=True)
        for name, text in texts.items():
            (whole / name).write_text(text, encoding="utf-8")
        if not folder.exists():
            whole.rename(folder)
            return
        folder.rename(before)
        try:
            whole.rename(folder)
        except BaseException:
            before.rename(folder)
            raise
