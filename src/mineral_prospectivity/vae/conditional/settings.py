"""Settings of the conditional model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mineral_prospectivity.vae.settings import AutoencoderSettings

CLASSIFIER_BATCH = 256
"""Generated cells a step of a classifier, half of each class."""


class CvaeSettings(AutoencoderSettings):
    """The label-conditional sigma-VAE, and the classifiers of the data that it generates.

    One autoencoder serves all members; a member is one generated dataset with its classifier.
    """

    kind: Annotated[Literal["cvae"], Field(description="Which model this is.")] = "cvae"
    beta: Annotated[
        float, Field(ge=0, le=100, description="KL weight; 1 is the likelihood's own.")
    ] = 1.0
    steps: Annotated[
        int, Field(ge=10, le=100_000, description="Training steps of the autoencoder.")
    ] = 400
    batch_size: Annotated[int, Field(ge=8, le=65_536, description="Cells a step.")] = 256
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

    @model_validator(mode="after")
    def _classifiers_see_all_that_is_generated(self) -> Self:
        seen = self.classifier_steps * CLASSIFIER_BATCH // 2
        if self.generated > seen:
            steps = -(-2 * self.generated // CLASSIFIER_BATCH)
            msg = (
                f"generated = {self.generated}: a classifier sees {seen} cells of each class in "
                f"classifier_steps = {self.classifier_steps}. Set classifier_steps: {steps} or more"
            )
            raise ValueError(msg)
        return self
