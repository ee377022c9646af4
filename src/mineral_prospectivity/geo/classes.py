"""Categorical layers: the share of each cell that each class covers, and the class contacts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import Window, widened
from mineral_prospectivity.geo.layers import first_few
from mineral_prospectivity.geo.names import clash_words, class_name, first_clash
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.geo.samples import Samples, map_windows, read_tiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from mineral_prospectivity.geo.layers import EvidenceLayer

MAX_CLASSES = 500
"""A layer with more classes is taken for a continuous one declared wrongly."""

OTHER = "other"
"""What rare classes are called together."""

STAIRCASE = np.pi / 4
"""Length of a boundary over the length of its pixel edges, the mean over all directions."""


class CodeSource(Protocol):
    """A layer of class codes seen from the grid."""

    @property
    def layer(self) -> EvidenceLayer: ...  # noqa: D102
    @property
    def grid(self) -> GeoBox: ...  # noqa: D102
    @property
    def pixels_per_cell(self) -> float: ...  # noqa: D102
    @property
    def sample_size(self) -> tuple[float, float]: ...  # noqa: D102
    def samples(self, window: Window) -> Samples: ...  # noqa: D102


@dataclass(frozen=True)
class ClassMap:
    """A categorical layer whose classes are known by name.

    Parameters
    ----------
    source
        Gives the codes under a window.
    codes
        All class codes of the layer on the map, ascending.
    names
        The class of each code; several codes may share one.
    shares
        Share of the map that each class covers, by name, in the order of the codes.
    """

    source: CodeSource
    codes: NDArray[np.float64]
    names: tuple[str, ...]
    shares: Mapping[str, float]

    def members(self, name: str) -> NDArray[np.float64]:
        """Return the codes of a class."""
        return self.codes[[own == name for own in self.names]]

    def presence(self, name: str) -> Raster:
        """Return the share of each cell that one class covers, as a raster of one band."""
        return self._fractions([name], [self.members(name)])

    def fractions(self) -> Raster:
        """Return the share of each cell that each class covers; rare classes are joined.

        A class that is called other itself is joined with them, however common. The bands of a
        cell sum to 1 where the layer has any value, and are NaN elsewhere.
        """
        least = self.source.layer.spec.min_fraction
        rare = [name for name, share in self.shares.items() if share < least]
        if len(rare) > 1:
            rare = [name for name in self.shares if name in rare or class_name(name) == OTHER]
        common = [name for name in self.shares if name not in rare]
        groups = {name: self.members(name) for name in common}
        if rare:
            joined = rare[0] if len(rare) == 1 else OTHER
            groups[joined] = np.concatenate([self.members(name) for name in rare])
        return self._fractions(list(groups), list(groups.values()))

    def _fractions(self, names: list[str], groups: list[NDArray[np.float64]]) -> Raster:
        source = self.source
        group_of = np.full(len(self.codes), -1)
        for number, group in enumerate(groups):
            group_of[np.isin(self.codes, group)] = number

        def compute(window: Window) -> NDArray[np.float64]:
            samples = source.samples(window)
            own = group_of[self._place(samples)]
            return np.stack([samples.mean(own == number) for number in range(len(groups))])

        def read(window: Window) -> NDArray[np.float32]:
            return read_tiled(window, len(groups), source.pixels_per_cell, compute)

        bands = tuple(_fraction_band(source.layer, name) for name in names)
        return Raster(source.grid, bands, read)

    def _place(self, samples: Samples) -> NDArray[np.int64]:
        """Return which of the codes each sample has; any where it has no value."""
        known = np.where(samples.valid, samples.values, self.codes[0])
        return np.asarray(np.searchsorted(self.codes, known))

    def contacts(self) -> Raster:
        """Return the length of class boundaries per area of each cell, km/km2.

        Boundaries are the edges between pixels of different classes; a staircase of edges is
        4/pi times as long as the line it follows, in the mean over all directions.
        """
        source = self.source
        identity = {name: number for number, name in enumerate(self.shares)}
        ids = np.array([identity[name] for name in self.names], dtype=np.float64)

        reach = _cells_across_pixel(source)

        def compute(window: Window) -> NDArray[np.float64]:
            wider = widened(window, reach, source.grid)
            samples = source.samples(wider)
            classes = np.where(samples.valid, ids[self._place(samples)], np.nan)
            metres = STAIRCASE * boundary_density(classes, source.sample_size)
            row, col = window.row - wider.row, window.col - wider.col
            inner = samples.mean(metres)[row : row + window.height, col : col + window.width]
            return 1000.0 * inner[None]

        def read(window: Window) -> NDArray[np.float32]:
            return read_tiled(window, 1, source.pixels_per_cell, compute)

        layer = source.layer
        band = Band(
            f"{layer.name}_contacts",
            layer.name,
            unit="km/km2",
            transform=layer.spec.transform,
            description=f"Length of class boundaries of {layer.name} per area",
        )
        return Raster(source.grid, (band,), read)


def _cells_across_pixel(source: CodeSource) -> int:
    """Return the margin, in cells, that shows the neighbours of every pixel of a window."""
    return math.ceil(max(source.sample_size) / abs(source.grid.resolution.x))


def boundary_density(
    classes: NDArray[np.float64], pixel_size: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the length of class edges per area of each pixel, 1/m, half of each edge a side.

    Parameters
    ----------
    classes
        Class of each pixel, NaN where there is none; an edge to a missing pixel is no boundary.
    pixel_size
        Height and width of a pixel, m.
    """
    height, width = pixel_size
    length = np.zeros(classes.shape)
    for axis, edge in ((0, width), (1, height)):
        step = np.diff(classes, axis=axis)
        crossing = (np.isfinite(step) & (step != 0)) * (edge / 2)
        before = [(0, 1) if side == axis else (0, 0) for side in (0, 1)]
        after = [(1, 0) if side == axis else (0, 0) for side in (0, 1)]
        length += np.pad(crossing, before) + np.pad(crossing, after)
    return length / (height * width)


def class_map(source: CodeSource, names: Mapping[int, str]) -> ClassMap:
    """Return the classes of a layer on its grid, counted over the whole map.

    Parameters
    ----------
    names
        Name of each code; codes without one are called by their number.

    Raises
    ------
    LayerError
        If the layer has no value on the map, or so many that they cannot be classes, or none of
        its codes has a name though names are given.
    """
    counts = _count_codes(source)
    if not counts:
        msg = "has no value on the grid. Check nodata, grid.bounds, or remove the layer"
        raise source.layer.error(msg)
    codes = np.array(sorted(counts))
    if names and not names.keys() & {int(code) for code in codes}:
        held = first_few(f"{code:.0f}" for code in codes)
        msg = (
            f"none of the codes on the grid ({held}) has a name. Correct the codes under classes:, "
            "or in the attribute table"
        )
        raise source.layer.error(msg)
    called = tuple(names.get(int(code), f"{code:.0f}") for code in codes)
    total = sum(counts.values())
    shares: dict[str, float] = dict.fromkeys(called, 0.0)
    for code, name in zip(codes, called, strict=True):
        shares[name] += counts[code] / total
    _refuse_clashes(source.layer, list(shares))
    return ClassMap(source, codes, called, shares)


def _count_codes(source: CodeSource) -> Counter[float]:
    counts: Counter[float] = Counter()
    for window in map_windows(source.grid, source.pixels_per_cell):
        samples = source.samples(window)
        found, number = np.unique(samples.values[samples.valid], return_counts=True)
        _refuse_fractional(source.layer, found)
        counts.update(dict(zip(found.tolist(), number.tolist(), strict=True)))
        if len(counts) > MAX_CLASSES:
            raise source.layer.error(_too_many(source.layer))
    return counts


def _too_many(layer: EvidenceLayer) -> str:
    if layer.spec.kind == "polygons":
        held, remedy = f"column {layer.spec.column[0]!r}", "Take a coarser one, or group them in it"
        return f"{held} holds more than {MAX_CLASSES} classes. {remedy}"
    return (
        f"is declared categorical and holds more than {MAX_CLASSES} different values. "
        "Declare kind: continuous, or group them with classes:"
    )


def _refuse_fractional(layer: EvidenceLayer, values: NDArray[np.float64]) -> None:
    fractional = values[values != np.round(values)]
    if fractional.size:
        declared, remedy = "categorical", "Declare kind: continuous"
        if layer.spec.kind == "polygons":
            declared, remedy = "to have classes", "Remove classes"
        held = f"holds {fractional[0]:g}, which is no class code"
        msg = f"is declared {declared} and {held}. {remedy}"
        raise layer.error(msg)


def _refuse_clashes(layer: EvidenceLayer, names: list[str]) -> None:
    alike = first_clash(names)
    if alike:
        column = None if layer.spec.classes else next(iter(layer.spec.column), None)
        where = "under classes:" if column is None else f"in column {column!r} of the file"
        msg = f"{clash_words(*alike)} {where}"
        raise layer.error(msg)


def _fraction_band(layer: EvidenceLayer, name: str) -> Band:
    return Band(
        f"{layer.name}_{class_name(name)}",
        layer.name,
        kind="fraction",
        description=f"Share of the cell that {name} of {layer.name} covers",
    )
