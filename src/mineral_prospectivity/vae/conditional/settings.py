"""Settings of the conditional model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class CvaeSettings(BaseModel):
    """The label-conditional sigma-VAE, and the classifiers of the data that it generates.

    One autoencoder serves all members; a member is one generated dataset with its classifier.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[Literal["cvae"], Field(description="Which model this is.")] = "cvae"
    hidden: Annotated[int, Field(ge=4, le=4096, description="Width of both hidden layers.")] = 64
    latent: Annotated[int, Field(ge=1, le=256, description="Dimensions of the latent space.")] = 8
    beta: Annotated[
        float, Field(ge=0, le=100, description="KL weight; 1 is the likelihood's own.")
    ] = 1.0
    warmup: Annotated[
        float, Field(ge=0, le=1, description="Share of the steps over which the KL weight rises.")
    ] = 0.25
    steps: Annotated[
        int, Field(ge=10, le=100_000, description="Training steps of the autoencoder.")
    ] = 400
    batch_size: Annotated[int, Field(ge=8, le=65_536, description="Cells a step.")] = 256
    positive_share: Annotated[
        float, Field(gt=0, lt=1, description="Share of deposit cells in a batch.")
    ] = 0.25
    learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Peak learning rate of the autoencoder.")
    ] = 0.004
    weight_decay: Annotated[float, Field(ge=0, le=1, description="Decoupled weight decay.")] = 0.01
    gradient_clip: Annotated[float, Field(gt=0, description="Largest gradient norm.")] = 10.0
    generated: Annotated[
        int,
        Field(ge=16, le=1_000_000, description="Cells generated of each class, a realisation."),
    ] = 1000
    classifier_hidden: Annotated[
        int, Field(ge=1, le=1024, description="Width of a classifier's hidden layer.")
    ] = 16
    classifier_steps: Annotated[
        int, Field(ge=10, le=100_000, description="Training steps of a classifier.")
    ] = 100
    classifier_learning_rate: Annotated[
        float, Field(gt=0, le=1, description="Peak learning rate of a classifier.")
    ] = 0.02
    posterior_draws: Annotated[
        int, Field(ge=2, le=256, multiple_of=2, description="Draws of q(z|x, c) a cell and class.")
    ] = 8
