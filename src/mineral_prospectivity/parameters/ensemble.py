"""Parameters of ensemble, calibration and scores."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mineral_prospectivity.parameters.group import Group
from mineral_prospectivity.vae.diversity import Resampling
from mineral_prospectivity.vae.settings import known_device


class EnsembleParameters(Group):
    """How many members, and how they are dealt to nodes."""

    size: Annotated[int, Field(ge=1, le=10_000, description="Members M.")] = 5
    members_per_node: Annotated[
        int, Field(ge=0, description="Members trained by one node; 0 puts all in one.")
    ] = 0
    seed: Annotated[int, Field(ge=0, description="Member m is seeded with (seed, m).")] = 0
    diversity: Annotated[
        Resampling,
        Field(
            description="Members differ in their seed alone, or also in what they learn from: "
            "deposit clusters or blocks drawn with replacement, a sample of the background, or "
            "generated deposit cells."
        ),
    ] = "seeds"
    device: Annotated[
        str,
        AfterValidator(known_device),
        Field(
            description="`auto` takes CUDA where there is one; `cpu`, `cuda`, or a GPU by its "
            "number, such as `cuda:1`."
        ),
    ] = "auto"


class UncertaintyParameters(Group):
    """Calibration and maps."""

    calibration: Annotated[
        Literal["platt", "temperature", "none"],
        Field(
            description="Recalibration of the logits, where inner folds gain from it; `none` saves "
            "no training, so that another can be chosen later."
        ),
    ] = "platt"
    calibration_penalty: Annotated[
        float,
        Field(
            ge=0,
            description="Ridge that draws the calibration to the identity; of no effect on `none`.",
        ),
    ] = 1.0
    shards: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Nodes that predict the map, each its own windows of 512 x 512 cells.",
        ),
    ] = 1


class EvaluationParameters(Group):
    """Scores, intervals and baselines."""

    capture_areas: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]],
        Field(min_length=1, description="Area shares at which capture is quoted."),
    ] = [0.01, 0.02, 0.05, 0.1]
    bootstrap: Annotated[
        int, Field(ge=50, description="Bootstrap replicates over deposit clusters.")
    ] = 500
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="Level of the intervals.")] = 0.95
    bins: Annotated[int, Field(ge=2, description="Equal-mass bins of the reliability.")] = 15
    seed: Annotated[int, Field(ge=0, description="Seed of bootstrap and baselines.")] = 0
    baselines: Annotated[
        list[
            Literal[
                "prevalence",
                "distance",
                "weights_of_evidence",
                "logistic_regression",
                "logistic_regression_tuned",
                "random_forest",
                "lightgbm",
                "lightgbm_default",
                "lightgbm_tuned",
            ]
        ],
        Field(description="Models scored on the same folds."),
    ] = ["prevalence", "distance", "logistic_regression", "random_forest", "lightgbm"]

    @model_validator(mode="after")
    def _each_is_asked_once(self) -> EvaluationParameters:
        for name in ("capture_areas", "baselines"):
            values = getattr(self, name)
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                msg = f"{name}: {twice!r} is given twice"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _replicates_reach_the_level(self) -> EvaluationParameters:
        least = math.ceil(round(2 / (1 - self.confidence), 6))
        if self.bootstrap < least:
            msg = (
                f"bootstrap = {self.bootstrap} replicates have no quantile of evaluation.confidence"
                f" = {self.confidence:g}; give {least} at least"
            )
            raise ValueError(msg)
        return self
