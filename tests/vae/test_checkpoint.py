"""A training that is cut off goes on to the same weights, to the bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.checkpoint import training_key
from mineral_prospectivity.vae.train import fit_members

FOLDS = 3


class CutOffError(Exception):
    """The host is gone."""


STEPS = ("bands_5_members_000_000/step", "bands_5_members_001_001/step")
"""Where a state tells how far each of two stacks has come."""


class Memory:
    """A checkpoint that saves at every step, and ends the training when a stack is so far."""

    def __init__(self, end_after: int | None = None) -> None:
        self.end_after = end_after
        self.gone = False
        self.saved: dict[str, dict[str, np.ndarray]] = {}
        self.steps: list[tuple[int, int]] = []
        self.loaded = self.cleared = 0

    def load(self, key):
        found = self.saved.get(key)
        self.loaded += found is not None
        return found

    def due(self):
        return True

    def save(self, key, state):
        if not self.gone:
            self.saved = {key: {name: np.array(value) for name, value in state.items()}}
            self.steps.append(tuple(int(state.get(name, 0)) for name in STEPS))
            self.gone = self.end_after in self.steps[-1]
        if self.gone:
            raise CutOffError

    def clear(self):
        self.cleared += 1
        self.saved = {}


def train(data, settings, checkpoint):
    return fit_members(data, [0, 1], settings=settings, seed=7, folds=FOLDS, checkpoint=checkpoint)


@pytest.mark.parametrize("after", [1, 17, 33])
def test_a_training_that_was_cut_off_ends_with_the_same_bytes(data, settings, pack, after):
    checkpoint = Memory(end_after=after)
    with pytest.raises(CutOffError):
        train(data, settings, checkpoint)
    cut = checkpoint.steps[-1]
    checkpoint.steps, checkpoint.gone, checkpoint.end_after = [], False, None
    again = train(data, settings, checkpoint)
    assert checkpoint.loaded == 1
    first = checkpoint.steps[0]
    assert sum(first) == sum(cut) + 1, "one stack goes on with its next step"
    assert checkpoint.saved == {}, "a training that is done leaves no state"
    for member, bundle in pack.bundles.items():
        assert bundle.to_bytes() == again.bundles[member].to_bytes()
    for table in ("out_of_fold", "inner", "history"):
        pd.testing.assert_frame_equal(getattr(pack, table), getattr(again, table), check_exact=True)


def test_a_state_is_plain_arrays(data, settings):
    checkpoint = Memory(end_after=25)
    with pytest.raises(CutOffError):
        train(data, settings, checkpoint)
    [state] = checkpoint.saved.values()
    assert all(value.dtype.kind in "fiuU" for value in state.values())


def test_trainings_differ_by_data_settings_seed_and_fits(settings):
    fits = [Fit(0), Fit(0, (1,))]
    keys = {
        training_key("a", settings, 0, fits),
        training_key("b", settings, 0, fits),
        training_key("a", settings.model_copy(update={"steps": 11}), 0, fits),
        training_key("a", settings, 1, fits),
        training_key("a", settings, 0, fits[:1]),
        training_key("a", settings, 0, [Fit(0), Fit(0, (2,))]),
    }
    assert len(keys) == 6
    assert training_key("a", settings, 0, fits) in keys
