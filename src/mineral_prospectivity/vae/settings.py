"""Settings of every autoencoder, and of the default model."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mineral_prospectivity.errors import ConfigurationError

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


def known_device(name: str) -> str:
    """Return the name of a device, which this machine need not have.

    Raises
    ------
    ConfigurationError
        When it is none.

    Examples
    --------
    >>> known_device("cuda:1")
    'cuda:1'
    """
    if not _DEVICE.fullmatch(name):
        msg = f"{name!r} is no device; give auto, cpu, cuda, or a GPU by its number, such as cuda:1"
        raise ConfigurationError(msg)
    return name


class AutoencoderSettings(BaseModel):
    """What the autoencoders of all models have in common: sizes, batches and learning rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str, Field(description="Which model this is.")]
    hidden: Annotated[int, Field(ge=4, le=4096, description="Width of both hidden layers.")] = 64
    latent: Annotated[int, Field(ge=1, le=256, description="Dimensions of the latent space.")] = 8
    warmup: Annotated[
        float, Field(ge=0, le=1, description="Share of the steps over which the KL weight rises.")
    ] = 0.25
    positive_share: Annotated[
        float, Field(gt=0, lt=1, description="Share of deposit cells in a batch.")
    ] = 0.25
    learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Peak learning rate of Adam.")
    ] = 0.004


class VaeSettings(AutoencoderSettings):
    """The joint VAE with its Gaussian-process head: sizes, loss and training.

    ``reconstruction_weight`` is multiplied by ``min(1, 30 / D)`` for D evidence bands, so that
    many layers do not drown the labels.

    ``head_dispersion`` divides the head's likelihood (McCullagh and Nelder 1989, Generalized Linear
    Models, section 4.5): deposits gather where something favours them that no layer shows.
    """

    kind: Annotated[Literal["vae"], Field(description="Which model this is.")] = "vae"
    feature_dropout: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Share of the layers hidden from the encoder, drawn cell by cell.",
        ),
    ] = 0.2
    reconstruction_weight: Annotated[
        float, Field(ge=0, le=100, description="Weight of the reconstruction, before min(1, 30/D).")
    ] = 1.6
    beta_reconstruction: Annotated[
        float, Field(ge=0, le=100, description="KL weight beside the reconstruction.")
    ] = 0.01
    beta: Annotated[float, Field(ge=0, le=100, description="KL weight of its own.")] = 0.001
    free_bits: Annotated[
        float,
        Field(ge=0, le=10, description="KL below this many nats a latent unit costs nothing."),
    ] = 0.0
    steps: Annotated[int, Field(ge=10, le=100_000, description="Training steps.")] = 200
    batch_size: Annotated[int, Field(ge=8, le=65_536, description="Cells a step and fit.")] = 192
    weight_decay: Annotated[float, Field(ge=0, le=1, description="Decoupled weight decay.")] = (
        0.0001
    )
    gradient_clip: Annotated[float, Field(gt=0, description="Largest gradient norm of a fit.")] = (
        1.0
    )
    averaging: Annotated[
        float, Field(ge=0, lt=1, description="Decay of the moving average of the weights.")
    ] = 0.98
    head_columns: Annotated[
        int, Field(ge=8, le=4096, description="Random Fourier columns J of the head.")
    ] = 128
    head_pairs: Annotated[
        int,
        Field(ge=0, le=4096, description="Random Fourier columns P of two layers' scores each."),
    ] = 64
    head_scale: Annotated[
        float,
        Field(gt=0, le=20, description="Prior scale s of each part of the head's logit, at first."),
    ] = 1.3
    head_scale_strength: Annotated[
        float,
        Field(
            gt=0,
            description="Weights' worth of belief in that scale; a huge one keeps it as it is.",
        ),
    ] = 1.0
    head_background: Annotated[
        int,
        Field(
            ge=100,
            description="About as many background cells is the head fitted to, or ten for each "
            "deposit if these are more.",
        ),
    ] = 4000
    head_dispersion: Annotated[
        float,
        Field(
            ge=1,
            le=100,
            description="Variance of the number of deposit clusters in a place over that of "
            "independent ones; 1 for independent clusters.",
        ),
    ] = 1.4
