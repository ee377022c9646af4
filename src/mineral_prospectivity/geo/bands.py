"""What a band of the evidence stack is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from mineral_prospectivity.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

BandKind = Literal["continuous", "fraction"]
Transform = Literal["normal_score", "robust"]


@dataclass(frozen=True)
class Band:
    """One band of a raster: one feature of the evidence, or one map.

    Parameters
    ----------
    name
        Unique within its raster, for example ``magnetics_gradient``.
    layer
        The evidence layer that the band comes from.
    kind
        ``continuous``, or ``fraction``: the share of the cell that a class covers, in [0, 1].
    unit
        Physical unit as the user declared it; ``1`` for fractions and probabilities.
    transform
        How a model scales a continuous band, fitted inside each fold: ``normal_score`` or
        ``robust`` (median and interquartile range). Fractions are taken as they are.
    description
        One sentence for people.
    context
        Made from the surroundings of each cell, for members to read or not.
    """

    name: str
    layer: str = ""
    kind: BandKind = "continuous"
    unit: str = "1"
    transform: Transform = "normal_score"
    description: str = ""
    context: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the band as plain values for JSON or raster tags: ``context`` if it is any."""
        values = asdict(self)
        return values if self.context else {k: v for k, v in values.items() if k != "context"}


def require_own_names(bands: Sequence[Band]) -> tuple[Band, ...]:
    """Return the bands of one raster.

    Raises
    ------
    ConfigurationError
        If two bands share a name.
    """
    taken: dict[str, Band] = {}
    for band in bands:
        if band.name in taken:
            raise ConfigurationError(_clash(taken[band.name], band))
        taken[band.name] = band
    return tuple(bands)


def _clash(one: Band, other: Band) -> str:
    if one.layer != other.layer:
        return (
            f"band {one.name!r} comes from layer {one.layer!r} and from layer {other.layer!r}. "
            "Rename one of the layers"
        )
    return (
        f"layer {one.layer!r} has two bands {one.name!r} ({one.description}; {other.description}). "
        "Rename a column or class of it, or derive less"
    )


def layers_alone(bands: Sequence[Band]) -> tuple[Band, ...]:
    """Return the bands that are no context."""
    return tuple(band for band in bands if not band.context)
