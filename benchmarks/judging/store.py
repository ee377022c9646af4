"""Results kept on disk, so that an interrupted or extended benchmark goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from judging.contestants import Contestant, Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from judging.experiments import Experiment


@dataclass(frozen=True)
class Store:
    """A folder with one file of predictions a (experiment, contestant, seed).

    Parameters
    ----------
    folder
        Made if need be.
    frozen
        Models whose results are taken as they are, whatever code made them.
    """

    folder: Path
    frozen: frozenset[str] = frozenset()

    def find(self, experiment: Experiment, who: Contestant, seed: int) -> Outcome | None:
        """Return the outcome if this code has already made it on these data and folds."""
        note = self._note(experiment.name, who, seed)
        if not note.exists():
            return None
        known = json.loads(note.read_text(encoding="utf-8"))
        stale = known["key"] != self._key(experiment, who, seed)
        if stale and who.models[0] not in self.frozen:
            return None
        return Outcome(pd.read_parquet(note.with_suffix(".parquet")), known["seconds"])

    def keep(self, experiment: Experiment, who: Contestant, seed: int, outcome: Outcome) -> None:
        """Write an outcome; the note that says that it is whole comes last."""
        note = self._note(experiment.name, who, seed)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        outcome.predictions.to_parquet(note.with_suffix(".parquet"))
        known = {
            "key": self._key(experiment, who, seed),
            "seconds": outcome.seconds,
            "cells": len(experiment.cells),
        }
        write_whole(note, json.dumps(known))

    def estimate(self, experiment: Experiment, who: Contestant) -> float | None:
        """Return the CPU seconds of a run, from the slowest kept run a cell; None without one."""
        notes = [
            json.loads(note.read_text()) for note in self.folder.glob(f"*/{who.models[0]}-*.json")
        ]
        rates = [max(note["seconds"].values()) / note["cells"] for note in notes]
        return max(rates) * len(experiment.cells) if rates else None

    def _note(self, experiment: str, who: Contestant, seed: int) -> Path:
        return self.folder / experiment / f"{who.models[0]}-{seed}.json"

    @staticmethod
    def _key(experiment: Experiment, who: Contestant, seed: int) -> str:
        folds = hashlib.sha256(experiment.deal(seed)["fold"].to_numpy().tobytes()).hexdigest()
        named = [experiment.digest, folds, who.code]
        if who.models[0].startswith("ensemble"):
            named.append(experiment.parameters.model_dump_json())
        return hashlib.sha256("\n".join(named).encode()).hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, document: Any) -> None:
    """Write a document, readable by people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1, allow_nan=False))
