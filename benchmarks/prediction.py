"""Speed, agreement and memory of prediction.

``python benchmarks/prediction.py`` compares the closed form with Monte Carlo draws of the latent
posterior and the head's weights: cells a second, and how far both are from 10,000 draws.
``python benchmarks/prediction.py --memory 1 10 40`` streams maps of that many million cells to a
Cloud-Optimised GeoTIFF, each in a process of its own, and prints the largest memory it held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch

from mineral_prospectivity.api import CalibratedEnsemble
from mineral_prospectivity.datasets import RasterDataset
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import Window, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.uq.calibration import LogitCalibration
from mineral_prospectivity.uq.decomposition import decompose
from mineral_prospectivity.uq.novelty import NoveltyScale
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.ensemble import Ensemble
from mineral_prospectivity.vae.head import kernel_features
from mineral_prospectivity.vae.settings import VaeSettings
from mineral_prospectivity.vae.stack import Stack, represent
from mineral_prospectivity.vae.train import fit_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from mineral_prospectivity.vae.networks import Representation

FOLDS = 3


def simulate(cells: int, bands: int) -> TrainingData:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(cells, bands)).astype(np.float32)
    features[:, 1:] += 0.7 * features[:, :-1]
    labels = (features[:, 0] + rng.logistic(size=cells) > 6).astype(np.int8)
    return TrainingData(
        cells=np.arange(cells),
        features=features,
        labels=labels,
        clusters=np.where(labels == 1, np.arange(cells), -1).astype(np.int32),
        weights=np.ones(cells),
        training=np.ones(cells, dtype=bool),
        folds=(np.arange(cells) % FOLDS).astype(np.int8),
        bands=tuple(Band(f"band_{number}") for number in range(bands)),
    )


def train(data: TrainingData, members: int) -> Ensemble:
    pack = fit_members(
        data, range(members), settings=VaeSettings(), seed=0, folds=FOLDS, nested=False,
        device="cpu",
    )  # fmt: skip
    return Ensemble.of(list(pack.bundles.values()), device="cpu")


class Sampler:
    """Monte Carlo draws of the logit, stacked over members: the way without a closed form."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.head = stack, stack.head
        length = self.head.informed.norm(dim=1, keepdim=True).clamp(min=1e-12)
        self._directions = self.head.informed / length
        self._shrunk = 1 - (1 - length.square()).clamp(min=0).sqrt()

    def represent(self, values: Tensor) -> Representation:
        """Pass cells through the networks."""
        return represent(self.stack.transform, self.stack.network, values.unsqueeze(0))

    def draw(self, cells: Representation) -> Tensor:
        """Return one draw of the logit of each member and cell."""
        head = self.head
        noise = torch.randn_like(cells.posterior.mean)
        latent = cells.posterior.mean + noise * (cells.posterior.log_variance / 2).exp()
        joined = torch.cat([latent, head.residual(cells.error)], dim=2)
        inputs = (joined - head.centre.unsqueeze(1)) / head.deviation.unsqueeze(1)
        additive = cells.additive.expand(len(inputs), -1, -1)
        phi = kernel_features(inputs, additive, head.columns, head.pairs)
        phi *= head.scale.unsqueeze(1)
        return (phi @ self._weights()).squeeze(2)

    def _weights(self) -> Tensor:
        """Return a draw of N(a, H^-1), shape ``(members, columns, 1)``."""
        noise = torch.randn_like(self.head.weights).unsqueeze(2)
        along = self._directions.transpose(1, 2) @ noise
        shrunk = self._shrunk.transpose(1, 2) * along
        return self.head.weights.unsqueeze(2) + noise - self._directions @ shrunk


def take(stack: Stack, member: int) -> Stack:
    """Return one member."""
    head = stack.head.map(lambda tensor: tensor[member : member + 1])
    return Stack(stack.transform, stack.network.take([member]), head)


@torch.inference_mode()
def passes(
    samplers: list[Sampler], values: Tensor, draws: int, size: int = 1024
) -> Iterator[Tensor]:
    """Yield draws by stochastic passes through the networks, a member after the other: as usual."""
    for sampler in samplers:
        for block in torch.split(values, size):
            for _ in range(draws):
                yield torch.sigmoid(sampler.draw(sampler.represent(block)))


@torch.inference_mode()
def shared(sampler: Sampler, values: Tensor, draws: int, size: int = 1024) -> Iterator[Tensor]:
    """Yield draws of blocks of cells whose networks are passed once, for all members together."""
    for block in torch.split(values, size):
        cells = sampler.represent(block)
        for _ in range(draws):
            yield torch.sigmoid(sampler.draw(cells))


def exhaust(draws: Iterator[Tensor]) -> None:
    """Consume draws as an estimate would: running sums of p and its square."""
    total = squared = 0.0
    for probability in draws:
        total, squared = total + probability.sum(), squared + probability.square().sum()


def time_of(work: Callable[[], object], rounds: int) -> list[float]:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def compare_speed(
    ensemble: Ensemble, features: NDArray[np.float32], options: argparse.Namespace
) -> None:
    ((_, columns, stack),) = ensemble.readers
    sampler = Sampler(stack)
    alone = [Sampler(take(stack, number)) for number in range(len(ensemble.names))]
    values = torch.from_numpy(features[:, columns])
    few = values[: options.sampled]
    closed: list[float] = []
    whole: list[float] = []
    once: list[float] = []
    for _ in range(options.rounds):
        closed += time_of(lambda: ensemble.logit_moments(features), 1)
        whole += time_of(lambda: exhaust(passes(alone, few, options.draws)), 1)
        once += time_of(lambda: exhaust(shared(sampler, few, options.draws)), 1)
    members = len(ensemble.names)
    rates = {
        "closed form": members * len(features) / median(closed),
        f"{options.draws} stochastic passes": members * len(few) / median(whole),
        f"{options.draws} draws, networks passed once": members * len(few) / median(once),
    }
    fastest = rates["closed form"]
    print(f"\n{'way':<40}{'cell-members a second':>24}{'ratio':>8}")
    for way, rate in rates.items():
        print(f"{way:<40}{rate:>24,.0f}{fastest / rate:>8.0f}")


@torch.inference_mode()
def compare_agreement(ensemble: Ensemble, features: NDArray[np.float32], draws: int) -> None:
    """Print how far the closed form and 100 draws are from many draws."""
    ((_, columns, stack),) = ensemble.readers
    sampler = Sampler(stack)
    cells = sampler.represent(torch.from_numpy(features[:, columns]))
    logits = [sampler.draw(cells) for _ in range(draws)]
    many, few = torch.stack(logits).double(), torch.stack(logits[:100]).double()
    raw = ensemble.logit_moments(features)
    split = decompose(raw.mean, raw.variance, raw.latent)
    closed = {
        "probability": split.probability,
        "SD of the log-odds, a member": np.sqrt(raw.variance + raw.latent),
    }
    print(f"\n{'against ' + format(draws, ',') + ' draws':<34}{'closed form':>24}{'100 draws':>24}")
    print(f"{'':<34}" + 2 * f"{'mean':>12}{'max':>12}")
    for name, estimate in {
        "probability": _probability,
        "SD of the log-odds, a member": _spread,
    }.items():
        truth = estimate(many)
        errors = [np.abs(closed[name] - truth), np.abs(estimate(few) - truth)]
        print(f"{name:<34}" + "".join(f"{e.mean():>12.5f}{e.max():>12.5f}" for e in errors))


def _probability(logits: Tensor) -> NDArray[np.float64]:
    return torch.sigmoid(logits).mean(dim=(0, 1)).numpy()


def _spread(logits: Tensor) -> NDArray[np.float64]:
    return logits.std(dim=0, correction=0).numpy()


def stream(millions: float, members: int, bands: int) -> dict[str, float]:
    """Write all maps of a region whose evidence is made up window by window."""
    side = int(np.sqrt(millions * 1e6))
    grid = make_grid("EPSG:32633", 100.0, (0, 0, 100 * side, 100 * side))
    data = simulate(3000, bands)

    def read(window: Window) -> NDArray[np.float32]:
        rng = np.random.default_rng([window.row, window.col])
        return rng.normal(size=(bands, *window.shape)).astype(np.float32)

    ensemble = CalibratedEnsemble(
        train(data, members), LogitCalibration(), NoveltyScale.fit(np.linspace(0, 5, 100))
    )
    before = _peak()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maps.tif"
        start = time.perf_counter()
        RasterDataset(filepath=str(path)).save(ensemble.map(Raster(grid, data.bands, read)))
        seconds = time.perf_counter() - start
        size = path.stat().st_size
    return {
        "cells": side**2, "seconds": seconds, "before": before, "peak": _peak(), "file": size / 1e6
    }  # fmt: skip


def _peak() -> float:
    """Return the largest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare_memory(sizes: list[float], members: int, bands: int) -> None:
    print(f"{members} member(s), {bands} bands\n")
    print(f"{'million cells':>14}{'peak MB':>10}{'before MB':>11}{'file MB':>10}{'seconds':>10}")
    for millions in sizes:
        command = [sys.executable, __file__, "--stream", str(millions)]
        command += ["--members", str(members), "--bands", str(bands)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(answer.splitlines()[-1])
        print(
            f"{found['cells'] / 1e6:>14.1f}{found['peak']:>10.0f}{found['before']:>11.0f}"
            f"{found['file']:>10.0f}{found['seconds']:>10.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--bands", type=int, default=25)
    parser.add_argument("--cells", type=int, default=20_000, help="cells of the closed form")
    parser.add_argument("--sampled", type=int, default=1024, help="cells of the draws")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", type=float, nargs="+", metavar="MILLION_CELLS")
    parser.add_argument("--stream", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.stream is not None:
        print(json.dumps(stream(options.stream, options.members, options.bands)))
    elif options.memory:
        compare_memory(options.memory, options.members, options.bands)
    else:
        data = simulate(options.cells, options.bands)
        ensemble = train(data, options.members)
        print(f"{options.members} members, {options.bands} bands, {options.threads} thread(s)")
        compare_speed(ensemble, data.features, options)
        compare_agreement(ensemble, data.features[:200], 10_000)


if __name__ == "__main__":
    main()
