"""Classifiers of generated data: many small networks in one set of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from mineral_prospectivity.vae.conditional.settings import CLASSIFIER_BATCH
from mineral_prospectivity.vae.networks import StackedLinear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from mineral_prospectivity.vae.conditional.settings import CvaeSettings

WEIGHT_DECAY = 0.01


class StackedClassifiers(nn.Module):
    """Perceptrons with one hidden layer: scores in, logit out.

    Parameters
    ----------
    count
        Classifiers in the stack.
    bands
        Bands of the evidence.
    hidden
        Width of the hidden layer.
    """

    def __init__(self, count: int, *, bands: int, hidden: int) -> None:
        super().__init__()
        self.hidden = StackedLinear(count, bands, hidden)
        self.out = StackedLinear(count, hidden, 1)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """Return the classifiers whose :meth:`state_dict` is given."""
        count, hidden, bands = tensors["hidden.weight"].shape
        classifiers = cls(count, bands=bands, hidden=hidden)
        classifiers.load_state_dict(tensors)
        return classifiers.to(tensors["hidden.weight"].device)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return one stack of several."""
        states = [part.state_dict() for part in parts]
        return cls.from_tensors(
            {name: torch.cat([state[name] for state in states]) for name in states[0]}
        )

    def initialise(self, generators: Sequence[np.random.Generator]) -> None:
        """Draw the weights of each classifier from its own generator."""
        self.hidden.initialise(generators)
        self.out.initialise(generators)

    def take(self, number: int) -> StackedClassifiers:
        """Return one classifier as a stack."""
        return StackedClassifiers.from_tensors(
            {name: tensor[[number]].detach() for name, tensor in self.state_dict().items()}
        )

    def forward(self, scores: Tensor) -> Tensor:
        """Return logits ``(count, rows)`` of scores ``(1 or count, rows, bands)``."""
        logits: Tensor = self.out(functional.relu_(self.hidden(scores)))
        return logits.squeeze(2)

    def shift(self, by: float) -> None:
        """Add a constant to every logit."""
        with torch.no_grad():
            self.out.bias.add_(by)


def fit_classifiers(
    scores: Tensor,
    classes: Tensor,
    generators: Sequence[np.random.Generator],
    settings: CvaeSettings,
) -> StackedClassifiers:
    """Fit one classifier to each generated dataset, by cross-entropy.

    The rows come in random order already, so that batches are taken one after the other.

    Parameters
    ----------
    scores
        Generated cells, shape ``(count, rows, bands)``.
    classes
        Their classes, alternating, shape ``(rows,)``.
    generators
        Source of each classifier's first weights.
    settings
        Size and steps.
    """
    count, rows, bands = scores.shape
    classifiers = StackedClassifiers(count, bands=bands, hidden=settings.classifier_hidden)
    classifiers.initialise(generators)
    classifiers.to(scores.device)
    optimiser = torch.optim.AdamW(classifiers.parameters(), weight_decay=WEIGHT_DECAY, fused=True)
    rate, steps = settings.classifier_learning_rate, settings.classifier_steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for step in range(steps):
        start = step * CLASSIFIER_BATCH % rows
        part = slice(start, start + CLASSIFIER_BATCH)
        logits = classifiers(scores[:, part])
        labels = classes[part].expand_as(logits)
        losses = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses.mean(dim=1).sum())
        optimiser.step()
        schedule.step()
    return classifiers
