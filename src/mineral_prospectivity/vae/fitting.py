"""Train an ensemble of any kind of model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.conditional.train import fit_realisations
from mineral_prospectivity.vae.context import given_all_bands
from mineral_prospectivity.vae.diversity import SEEDS
from mineral_prospectivity.vae.train import fit_members

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mineral_prospectivity.vae.checkpoint import Checkpoint
    from mineral_prospectivity.vae.data import TrainingData
    from mineral_prospectivity.vae.diversity import Diversity
    from mineral_prospectivity.vae.pack import Pack
    from mineral_prospectivity.vae.progress import TrainingProgress
    from mineral_prospectivity.vae.settings import VaeSettings


def fit_ensemble(
    data: TrainingData,
    members: Sequence[int],
    *,
    settings: VaeSettings | CvaeSettings,
    seed: int,
    folds: int,
    device: str = "auto",
    nested: bool = True,
    diversity: Diversity = SEEDS,
    progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Pack:
    """Train members of the kind that the settings are of, with all their fits.

    Parameters
    ----------
    data, members, seed, folds, device, nested, progress
        As for :func:`~mineral_prospectivity.vae.train.fit_members`.
    settings
        The model and its training. The conditional model, which is one autoencoder for all
        members, never reads the context of cells.
    diversity
        In what the members' data differ. Members of the conditional model differ in the data
        that it generates, and in nothing else.
    checkpoint
        Where unfinished training keeps its state. The conditional model keeps none: it trains
        for a minute or two, and starts again when it was cut off.

    Raises
    ------
    TrainingError
        When a fold cannot be scored, a loss is not finite, or a latent space collapses.
    ConfigurationError
        When CUDA is asked for and there is none, or the conditional model is to be resampled.
    """
    if isinstance(settings, CvaeSettings):
        if diversity.resampling != "seeds":
            msg = (
                f"ensemble.diversity = {diversity.resampling!r}: members of the model 'cvae' "
                "differ in the data that it generates. Set ensemble.diversity: seeds"
            )
            raise ConfigurationError(msg)
        plain, *wider = data.readings()
        pack = fit_realisations(
            plain, members, settings=settings, seed=seed, folds=folds, device=device,
            nested=nested, progress=progress,
        )  # fmt: skip
        if not wider:
            return pack
        bundles = {
            member: given_all_bands(bundle, data, reads_context=False)
            for member, bundle in pack.bundles.items()
        }
        return replace(pack, bundles=bundles)
    return fit_members(
        data, members, settings=settings, seed=seed, folds=folds, device=device, nested=nested,
        diversity=diversity, progress=progress, checkpoint=checkpoint,
    )  # fmt: skip
