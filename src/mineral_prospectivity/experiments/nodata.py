"""Values that stand for none though the file does not say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.nodata import as_declared, number

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

CUSTOMARY = (-9999.0, -99999.0, -999.0, -9999.9, 9999.0, 99999.0, -32768.0, 32767.0, 255.0, 65535.0)
"""Values that programs write where there is none."""

ENORMOUS = 1e19
"""No measurement is as large; 1e20, 1e30 and 1.7e38 are customary."""

LEAST_SHARE = 0.005
"""Of the pixels, that an unusual value must fill to be taken for none."""

LEAST_REPEATED, VARIED = 2, 5
"""Of a limit of detection: its samples, and for each limit as many distinct values measured."""

LEAST_FRAME = 0.02
MOST_INSIDE = 0.02
"""Shares of a frame of zeros in the picture, and of zeros among the pixels inside it."""


@dataclass(frozen=True)
class HiddenNodata:
    """A value that seems to mean none, as a catalog would declare it, and why it seems so."""

    value: float
    why: str

    @property
    def text(self) -> str:
        """The value for a message; copied into a catalog it is the same value."""
        return number(self.value)

    @property
    def doubt(self) -> str:
        """What a person should look at where the value was declared for them."""
        return f"nodata: {self.text}, since {self.why}. Delete the line if it is a value"


def hidden_nodata(
    values: NDArray[np.float64], dtype: DTypeLike = np.float64
) -> HiddenNodata | None:
    """Return the value that seems to mean none, though it is not declared.

    A sample far above all others may be the best one: of samples only customary values count that
    nobody measures, negative or enormous ones.

    Parameters
    ----------
    values
        A picture of the layer, shape (rows, columns), or samples of one variable; NaN where a
        value is declared to be missing.
    dtype
        In which the file holds them.
    """
    known = values[np.isfinite(values)]
    if known.size == 0 or known.min() == known.max():
        return None
    picture = values.ndim == 2  # noqa: PLR2004
    for value in (float(known.min()), float(known.max())):
        declared = as_declared(value, dtype)
        why = _why_extreme(value, known, number(declared))
        if why and (picture or _never_measured(value)):
            return HiddenNodata(declared, why)
    return _frame_of_zeros(values) if picture else None


def below_detection(values: NDArray[np.float64]) -> str | None:
    """Return why negative samples seem to say that there was less than could be measured.

    Laboratories write the limit of detection with a minus: -5 for less than 5. As a number it is
    the lowest of all, though what was there may lie just below the next.

    Parameters
    ----------
    values
        Of one variable, shape (samples,); NaN where there is none.
    """
    known = values[np.isfinite(values)]
    limits, counts = np.unique(known[known < 0], return_counts=True)
    others = np.unique(known[known >= 0]).size
    if not limits.size or counts.min() < LEAST_REPEATED or others < VARIED * limits.size:
        return None
    share, listed = counts.sum() / known.size, first_few(number(float(one)) for one in limits)
    return (
        f"{_percent(share)} of the values are {listed} and no other is negative, as laboratories "
        "write what is below the limit of detection. If so, write half of that limit in the file"
    )


def _customary(value: float) -> bool:
    return abs(value) >= ENORMOUS or bool(np.isclose(value, CUSTOMARY, rtol=1e-7).any())


def _never_measured(value: float) -> bool:
    return _customary(value) and (value < 0 or value >= ENORMOUS)


def _why_extreme(value: float, known: NDArray[np.float64], text: str) -> str | None:
    others = known[known != value]
    share = 1 - others.size / known.size
    spread = float(others.max() - others.min())
    gap = float(np.abs(others - value).min())
    apart = gap > max(spread, 1.0)
    customary, fills = _customary(value), f"{_percent(share)} of the values are {text}"
    if customary and apart:
        return f"{fills}, which often means none, and all others lie far from it"
    if apart and share >= LEAST_SHARE:
        return f"{fills}, and all others lie far from it"
    if customary and share >= LEAST_SHARE and gap > 0.01 * spread:
        return f"{fills}, which often means none"
    return None


def _frame_of_zeros(values: NDArray[np.float64]) -> HiddenNodata | None:
    zero = values == 0
    regions, _ = ndimage.label(zero | np.isnan(values))
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    outer = np.isin(regions, np.unique(edge[edge > 0]))
    frame = (outer & zero).mean()
    inside = ~outer
    if frame < LEAST_FRAME or not inside.any() or zero[inside].mean() > MOST_INSIDE:
        return None
    why = f"{_percent(frame)} of the picture is a frame of exact zeros, and inside it are none"
    return HiddenNodata(0.0, why if not zero[inside].any() else why.replace("none", "few"))


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
