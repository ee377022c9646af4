"""Time of training: all fits of a member stacked, against one after the other.

``python benchmarks/training.py`` trains the same networks, for the same steps and batches, in
three ways, each with all cores as it can use them, and prints their times a fit and step. Rounds
are interleaved, so that a busy machine slows all of them. The DataLoader is given evidence that is
transformed already; the package transforms what it draws, for each fit by its own tables.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.vae.batches import Fit
from mineral_prospectivity.vae.cross_fitting import left_out_folds
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.descent import train_stack
from mineral_prospectivity.vae.device import stack_threads
from mineral_prospectivity.vae.evidence import FitEvidence
from mineral_prospectivity.vae.networks import Posterior
from mineral_prospectivity.vae.objective import (
    cross_entropy,
    joint_loss,
    kl_divergence,
    reconstruction_loss,
)
from mineral_prospectivity.vae.settings import VaeSettings
from mineral_prospectivity.vae.transform import EvidenceTransform

FOLDS = 5


def simulate(cells: int, bands: int) -> TrainingData:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(cells, bands)).astype(np.float32)
    labels = (features[:, 0] + rng.normal(size=cells) > 3.5).astype(np.int8)
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


class PlainVae(nn.Module):
    """The network of one fit, written as usual."""

    def __init__(self, inputs: int, bands: int, settings: VaeSettings) -> None:
        super().__init__()
        hidden, latent = settings.hidden, settings.latent
        self.encoder = nn.Sequential(
            nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, 2 * latent),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, bands),
        )  # fmt: skip
        self.classifier = nn.Linear(latent, 1)


def train_as_usual(
    data: TrainingData, fit: Fit, transform: EvidenceTransform, settings: VaeSettings
) -> None:
    """Train one fit with a DataLoader over transformed cells, nn.Linear and Adam."""
    seen = np.flatnonzero(fit.sees(data.folds))
    with torch.no_grad():
        scores = transform.read(torch.from_numpy(data.features[seen][:, transform.order])[None])
        channels = transform.channels(scores)[0]
    labels = torch.from_numpy(data.labels[seen].astype(np.float32))
    share = settings.positive_share
    chances = torch.where(labels == 1, share / labels.sum(), (1 - share) / (1 - labels).sum())
    sampler = WeightedRandomSampler(chances.tolist(), settings.steps * settings.batch_size)
    loader = DataLoader(
        TensorDataset(channels, scores.targets[0], labels),
        batch_size=settings.batch_size,
        sampler=sampler,
    )
    network = PlainVae(transform.width, len(data.bands), settings)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    for inputs, targets, known in loader:
        mean, log_variance = network.encoder(inputs).chunk(2, dim=1)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        loss = joint_loss(
            reconstruction_loss(
                network.decoder(latent)[None], targets[None], torch.ones_like(targets)[None]
            ),
            kl_divergence(Posterior(mean[None], log_variance[None])),
            cross_entropy(
                network.classifier(latent)[:, 0][None], known[None], torch.ones_like(known)[None]
            ),
            settings,
            bands=len(data.bands),
            warmth=1.0,
        )
        optimiser.zero_grad()
        loss.total.sum().backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        optimiser.step()


class Region:
    """Data on the device, the fits of one member, and their transforms."""

    def __init__(self, cells: int, bands: int, settings: VaeSettings) -> None:
        self.settings = settings
        self.data = simulate(cells, bands)
        self.fits = [Fit(0, left_out) for left_out in left_out_folds(FOLDS, nested=True)]
        seen = np.stack([fit.sees(self.data.folds) for fit in self.fits])
        self.transform = EvidenceTransform.fit(
            self.data.features, self.data.bands, weights=self.data.weights, rows=seen
        )
        values = torch.from_numpy(self.data.features[:, self.transform.order])
        self.evidence = FitEvidence(values)
        self.alone = [self.transform.take([number]) for number in range(len(self.fits))]

    def train(self, fits: list[Fit], transform: EvidenceTransform) -> None:
        """Train fits as one stack."""
        train_stack(
            self.data, fits, self.evidence,
            transform=transform, settings=self.settings, seed=0, report=lambda _: None,
        )  # fmt: skip

    def side_by_side(self, members: int) -> None:
        """Train members as the package does: a stack each, a core each."""
        with stack_threads(torch.device("cpu")) as threads:
            stacks = [[Fit(m, fit.left_out) for fit in self.fits] for m in range(members)]
            list(threads.map(self.train, stacks, [self.transform] * members))

    def by_index(self, members: int) -> None:
        """Train fit after fit with the same code."""
        for member in range(members):
            for fit, own in zip(self.fits, self.alone, strict=True):
                self.train([Fit(member, fit.left_out)], own)

    def as_usual(self, members: int) -> None:
        """Train fit after fit with a DataLoader."""
        for _ in range(members):
            for fit, own in zip(self.fits, self.alone, strict=True):
                train_as_usual(self.data, fit, own, self.settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=30_000)
    parser.add_argument("--bands", type=int, default=25)
    parser.add_argument("--members", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=VaeSettings().batch_size)
    options = parser.parse_args()
    settings = VaeSettings(steps=options.steps, batch_size=options.batch_size)
    region = Region(options.cells, options.bands, settings)
    ways = {
        "stacked: all fits of a member in one set of tensors": region.side_by_side,
        "one fit after the other, same code, rows by index": region.by_index,
        "one fit after the other, DataLoader + nn.Linear + Adam": region.as_usual,
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        for way, train in ways.items():
            start = time.perf_counter()
            train(options.members)
            seconds[way].append(time.perf_counter() - start)
    steps = options.members * len(region.fits) * options.steps
    fastest = median(next(iter(seconds.values())))
    print(
        f"{options.members} member(s) of {len(region.fits)} fits, {options.bands} bands, batch "
        f"{options.batch_size}, {os.cpu_count()} core(s), median of {options.rounds} "
        "interleaved rounds\n"
    )
    print(f"{'way':<58}{'ms a fit and step':>18}{'ratio':>8}")
    for way, times in seconds.items():
        print(f"{way:<58}{1000 * median(times) / steps:>18.2f}{median(times) / fastest:>8.1f}")


if __name__ == "__main__":
    main()
