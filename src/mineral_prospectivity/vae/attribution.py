"""What each evidence layer adds to a cell's log-odds: integrated gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.geo.bands import Band
    from mineral_prospectivity.vae.transform import EvidenceTransform

NODES = 12
"""Gauss-Legendre nodes of a path: what they miss is some hundredths of a logit at most."""

SHORTEST = 1e-6
"""Change of a residual over a stretch of the path, below which the stretch is a point."""

POINTS_AT_ONCE = 4096
"""Points of paths times fits of one pass: the intermediate values are held for the gradient."""


class Attribution(NamedTuple):
    """How a cell's log-odds differ from those of typical ground, and which layers make it so."""

    layers: NDArray[np.float64]
    """What each layer adds, logits, shape ``(cells, layers)``."""
    total: NDArray[np.float64]
    """Mean logit of the cell less that of the baseline, shape ``(cells,)``."""


class Path(NamedTuple):
    """Places on the path, with both ends, and what each counts: the ends nothing."""

    places: Tensor
    shares: Tensor

    @classmethod
    def of(cls, nodes: int, like: Tensor) -> Path:
        """Return the nodes of a Gauss-Legendre quadrature over [0, 1]."""
        places, shares = np.polynomial.legendre.leggauss(nodes)
        return cls(
            torch.from_numpy(np.concatenate([[0.0], (places + 1) / 2, [1.0]])).to(like),
            torch.from_numpy(np.concatenate([[0.0], shares / 2, [0.0]])).to(like),
        )

    def mean_slope(self, before: Tensor, bound: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the slope of a bound over the stretch of the path that each place stands for.

        At a place itself it would jump from 1 to 0 where a value reaches its bound, and a jump
        spoils any quadrature.

        Parameters
        ----------
        before
            What is bounded, by place: shape ``(places, ...)``.
        bound
            Applied to each value.
        """
        reached = self.shares.cumsum(0)[:-1]
        share = ((reached - self.places[:-1]) / self.places.diff()).view(
            -1, *[1] * (before.ndim - 1)
        )
        edges = torch.lerp(before[:-1], before[1:], share)
        edges = torch.cat([before[:1], edges, before[-1:]])
        run, rise = edges.diff(dim=0), bound(edges).diff(dim=0)
        return torch.where(run.abs() > SHORTEST, rise / run, (bound(before) == before).to(rise))


class LogitSurface(Protocol):
    """The mean logit of some members as a function of coordinates that it is smooth in."""

    @property
    def members(self) -> int:
        """How many members it is the mean of."""

    @property
    def layers(self) -> list[int]:
        """Number of the layer that each coordinate belongs to, as :func:`layer_names` counts."""

    def read(self, values: Tensor) -> Tensor:
        """Return the coordinates ``(cells, coordinates)`` of evidence ``(cells, bands)``."""

    def mean_logit(self, points: Tensor, path: Path) -> Tensor:
        """Return the logit ``(places, cells)`` of ``(places, cells, coordinates)`` on a path."""


def layer_names(bands: Sequence[Band]) -> tuple[str, ...]:
    """Return the layers that the bands come from, each once, in order."""
    return tuple(dict.fromkeys(band.layer or band.name for band in bands))


def layer_numbers(transform: EvidenceTransform) -> list[int]:
    """Return the place in :func:`layer_names` of each band of a transform, in its order."""
    names = layer_names(transform.bands)
    ordered = (transform.bands[column] for column in transform.order)
    return [names.index(band.layer or band.name) for band in ordered]


def typical_cell(
    features: NDArray[np.generic],
    bands: Sequence[Band],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Return the baseline: the median of every continuous band, the mean of class fractions.

    The median of a class fraction is 0 for nearly every class, so a cell of medians would have
    no rock at all; means add up to a whole cell, of the region's average rock.

    Parameters
    ----------
    features
        Evidence, shape ``(cells, bands)``, as the members expect it; NaN is missing.
    bands
        What the columns are.
    weights
        Cells of the map that a row stands for, shape ``(cells,)``; None weighs rows alike.

    Returns
    -------
    ndarray
        Shape ``(bands,)``; NaN for a band without any value.
    """
    values = np.asarray(features, dtype=np.float64)
    mass = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    cell = np.full(len(bands), np.nan, dtype=np.float32)
    for column, band in enumerate(bands):
        known = ~np.isnan(values[:, column])
        if known.any():
            summarise = _mean if band.kind == "fraction" else _median
            cell[column] = summarise(values[known, column], mass[known])
    return cell


def integrated_gradients(surface: LogitSurface, values: Tensor, baseline: Tensor) -> Attribution:
    """Return the layers' shares of the mean logit of all members, by integrated gradients [1]_.

    The path from baseline to cell is straight in what the networks read: scores, squashed
    values, embeddings and missing marks, not in physical units. There the logit is smooth, but
    for the bounds of large residuals, whose slope is averaged over the path between two nodes;
    the piecewise-linear transforms lie before the path. What Gauss-Legendre quadrature still
    leaves is shared out, so that the completeness axiom holds exactly: ``sum of attributions =
    logit(cell) - logit(baseline)``. What enters of one layer
    (all its bands, in all these forms, and the mark that they are missing) counts for that
    layer: a value that is missing is credited with what the models make of its absence.

    Parameters
    ----------
    surface
        The logit as a function of what the networks read.
    values
        Evidence, shape ``(cells, bands)``, continuous bands first; NaN is missing.
    baseline
        Evidence of the cell to compare with, shape ``(bands,)``, in the same order.

    Returns
    -------
    Attribution
        Layers in the order of :func:`layer_names`.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017), Axiomatic attribution for deep networks, ICML.
    """
    start, all_ends = surface.read(baseline.unsqueeze(0)), surface.read(values)
    size = max(1, POINTS_AT_ONCE // (NODES * surface.members))
    parts = [_integrate(surface, start, ends) for ends in torch.split(all_ends, size)]
    by_coordinate, total = (torch.cat(each).double() for each in zip(*parts, strict=True))
    own = torch.tensor(surface.layers, device=values.device)
    layers = by_coordinate @ torch.nn.functional.one_hot(own).double()
    return Attribution(_closed(layers, total).cpu().numpy(), total.cpu().numpy())


def _closed(layers: Tensor, total: Tensor) -> Tensor:
    """Share what quadrature left between sum and total out over the layers, after their size."""
    size = layers.abs() + torch.finfo(layers.dtype).tiny
    gap = total - layers.sum(dim=1)
    return layers + gap.unsqueeze(1) * size / size.sum(dim=1, keepdim=True)


def _integrate(surface: LogitSurface, start: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """Return the attribution of every coordinate, and what they have to add up to."""
    path = Path.of(NODES, ends)
    change = ends - start
    points = (start + path.places[:, None, None] * change).requires_grad_()
    logit = surface.mean_logit(points, path)
    (slope,) = torch.autograd.grad(path.shares @ logit.sum(dim=1), points)
    return change * slope.sum(dim=0), (logit[-1] - logit[0]).detach()


def _mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(np.average(values, weights=weights))


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
