"""Every parameter of the project, typed and with its range: the one place that documents them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import projected_crs, require_bounds
from mineral_prospectivity.geo.misplaced import refuse_degrees
from mineral_prospectivity.parameter_errors import describe_problem
from mineral_prospectivity.vae.diversity import Resampling
from mineral_prospectivity.vae.kinds import ModelSettings
from mineral_prospectivity.vae.settings import VaeSettings

LEAST_BROWNFIELD_FOLDS = 4
"""A fit without two folds, whose cells do not read their own, needs a fourth."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GridParameters(_Group):
    """The one grid of the experiment."""

    crs: Annotated[str, Field(description="Projected CRS, for example EPSG:7845.")]
    resolution: Annotated[float, Field(gt=0, description="Side of a cell, m.")]
    bounds: Annotated[
        tuple[float, float, float, float] | None,
        Field(description="West, south, east, north, m; null takes what all layers share."),
    ] = None
    min_coverage: Annotated[
        float,
        Field(ge=0, le=1, description="A cell counts when this share of its bands has values."),
    ] = 0.5
    context: Annotated[
        float | None,
        Field(
            gt=0,
            description="Radius within which the mean of each band is evidence as well, m, where "
            "inner folds say that it helps; null for none.",
        ),
    ] = None
    reproject: Annotated[
        bool, Field(description="Reproject layers of another CRS; false refuses them.")
    ] = True

    @model_validator(mode="after")
    def _context_reaches_other_cells(self) -> GridParameters:
        if self.context is not None and self.context < self.resolution:
            msg = (
                f"context = {self.context:g} m is less than a cell (grid.resolution = "
                f"{self.resolution:g} m); eight cells are a fair start"
            )
            raise ValueError(msg)
        return self


class LabelParameters(_Group):
    """From deposits to labels."""

    include: Annotated[
        dict[str, list[str | int | float]],
        Field(description="Attribute: values kept; empty keeps every deposit."),
    ] = {}
    buffer: Annotated[
        float, Field(ge=0, description="Cells within this distance of a deposit are positive, m.")
    ] = 0.0
    cluster_distance: Annotated[
        float, Field(ge=0, description="Deposits closer than this form one cluster, m.")
    ] = 2000.0
    exclusion: Annotated[
        float,
        Field(ge=0, description="Background this near a deposit is kept out of training, m."),
    ] = 0.0
    max_background: Annotated[
        int, Field(ge=1000, description="Background cells in the table; more are sampled.")
    ] = 500_000
    brownfield: Annotated[
        bool,
        Field(
            description="The density of known deposits is evidence, too: for ground beside what "
            "is known. --env <experiment>+brownfield keeps its results apart."
        ),
    ] = False


class FoldParameters(_Group):
    """Spatial cross-validation."""

    count: Annotated[
        int, Field(ge=3, le=20, description="Folds K; calibration leaves out two at a time.")
    ] = 5
    block_size: Annotated[float, Field(gt=0, description="Side of a spatial block, m.")] = 20_000.0
    seed: Annotated[int, Field(ge=0, description="Seed of the assignment of blocks.")] = 0


class EnsembleParameters(_Group):
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
        Literal["auto", "cpu", "cuda"], Field(description="auto takes CUDA where there is one.")
    ] = "auto"


class UncertaintyParameters(_Group):
    """Calibration and maps."""

    calibration: Annotated[
        Literal["platt", "temperature", "none"],
        Field(description="Recalibration of the logits, where inner folds gain from it."),
    ] = "platt"
    calibration_penalty: Annotated[
        float, Field(ge=0, description="Ridge that draws the calibration to the identity.")
    ] = 1.0
    shards: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Nodes that predict the map, each its own windows of 512 x 512 cells.",
        ),
    ] = 1


class EvaluationParameters(_Group):
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


class HotSpotParameters(_Group):
    """Getis-Ord Gi* of the surface."""

    radius: Annotated[float, Field(gt=0, description="Neighbourhood radius, m.")] = 1500.0
    significance: Annotated[
        float, Field(gt=0, lt=1, description="False discovery rate of a hot spot.")
    ] = 0.05
    surface: Annotated[
        Literal["probability", "log_odds"], Field(description="The map that is clustered.")
    ] = "probability"

    @property
    def band(self) -> str:
        """Name of the map that is clustered."""
        return {"probability": "probability", "log_odds": "log_odds_mean"}[self.surface]


class RiskCategoryParameters(_Group):
    """What counts as high risk."""

    measure: Annotated[
        Literal["log_odds_sd", "relative", "bernoulli_relative"],
        Field(
            description="SD of the log-odds, sigma/mu, or sigma/sqrt(mu(1-mu)); sigma epistemic."
        ),
    ] = "log_odds_sd"
    threshold: Annotated[
        float | None,
        Field(ge=0, description="High above this value; null takes the quantile below."),
    ] = None
    quantile: Annotated[
        float, Field(gt=0, lt=1, description="Quantile over the map that splits low from high.")
    ] = 0.5


class EconomicsParameters(_Group):
    """What a cell costs and what a discovery is worth, in one currency."""

    exploration_cost: Annotated[float, Field(gt=0, description="Cost C of testing a cell.")] = 1.0
    discovery_value: Annotated[float, Field(gt=0, description="Value V of a discovery.")] = 200.0
    risk_aversion: Annotated[
        float, Field(ge=0, description="lambda of EV - lambda * SD of the return.")
    ] = 1.0
    tail: Annotated[
        float, Field(gt=0, lt=1, description="alpha: CVaR is the mean of the worst alpha.")
    ] = 0.1
    undiscovered_deposits: Annotated[
        float | None,
        Field(
            ge=0,
            description="Deposits expected to be undiscovered on this map; null takes the "
            "probability of a known deposit for the chance of a discovery.",
        ),
    ] = None

    @model_validator(mode="after")
    def _a_discovery_pays(self) -> EconomicsParameters:
        if self.exploration_cost >= self.discovery_value:
            msg = (
                f"exploration_cost = {self.exploration_cost:g} is not below discovery_value = "
                f"{self.discovery_value:g}: testing a cell could never pay"
            )
            raise ValueError(msg)
        return self


class TargetParameters(_Group):
    """Ranked targets and a budget."""

    area_share: Annotated[
        float,
        Field(gt=0, le=1, description="Targets lie in this most prospective share of the map."),
    ] = 0.05
    min_area: Annotated[float, Field(ge=0, description="Smallest target, m2.")] = 1e6
    count: Annotated[int, Field(ge=1, description="Targets kept at most.")] = 50
    budget: Annotated[float, Field(gt=0, description="Money for the selection.")] = 100.0
    spacing: Annotated[
        float, Field(ge=0, description="Least distance of two selected targets, m.")
    ] = 5000.0


class SampleParameters(_Group):
    """Where to sample next."""

    count: Annotated[int, Field(ge=1, description="Sites proposed.")] = 20
    spacing: Annotated[float, Field(ge=0, description="Least distance of two sites, m.")] = 3000.0


class RiskParameters(_Group):
    """Risk-return analysis and targets."""

    hot_spots: HotSpotParameters = HotSpotParameters()
    categories: RiskCategoryParameters = RiskCategoryParameters()
    economics: EconomicsParameters = EconomicsParameters()
    targets: TargetParameters = TargetParameters()
    next_samples: SampleParameters = SampleParameters()


class Parameters(_Group):
    """The whole tree, as in ``conf/*/parameters*.yml``."""

    experiment: Annotated[
        str, Field(description="Name of the experiment's results, from its globals.")
    ]
    grid: GridParameters
    labels: LabelParameters = LabelParameters()
    folds: FoldParameters = FoldParameters()
    ensemble: EnsembleParameters = EnsembleParameters()
    model: ModelSettings = VaeSettings()
    uncertainty: UncertaintyParameters = UncertaintyParameters()
    evaluation: EvaluationParameters = EvaluationParameters()
    risk: RiskParameters = RiskParameters()

    @model_validator(mode="after")
    def _grid_lies_on_the_ground(self) -> Parameters:
        crs, bounds = self.grid.crs, self.grid.bounds
        projected_crs(crs)
        if bounds is not None:
            require_bounds(bounds, crs)
            refuse_degrees(bounds, crs)
        return self

    @model_validator(mode="after")
    def _generated_data_differ_already(self) -> Parameters:
        if self.model.kind == "cvae" and self.ensemble.diversity != "seeds":
            msg = (
                f"ensemble.diversity = {self.ensemble.diversity!r}: members of the model 'cvae' "
                "differ in the data that it generates; set ensemble.diversity: seeds"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _densities_leave_folds_out(self) -> Parameters:
        if self.labels.brownfield and self.folds.count < LEAST_BROWNFIELD_FOLDS:
            msg = (
                f"folds.count = {self.folds.count}: with labels.brownfield a cell reads the "
                "deposits of no fold but those that its fit did not leave out and that are not "
                f"its own; give {LEAST_BROWNFIELD_FOLDS} folds at least"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _blocks_hold_clusters(self) -> Parameters:
        if self.folds.block_size < self.grid.resolution:
            msg = (
                f"folds.block_size = {self.folds.block_size:g} m is smaller than a cell "
                f"(grid.resolution = {self.grid.resolution:g} m)"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _context_stays_within_a_block(self) -> Parameters:
        context = self.grid.context
        if context is not None and context >= self.folds.block_size:
            msg = (
                f"grid.context = {context:g} m is not smaller than a block (folds.block_size = "
                f"{self.folds.block_size:g} m): the means around held-out cells would be mostly of "
                "other blocks. Lower grid.context, or raise folds.block_size"
            )
            raise ValueError(msg)
        return self


def validate_parameters(values: dict[str, Any]) -> Parameters:
    """Return the typed parameters.

    Raises
    ------
    ConfigurationError
        With every wrong name or value at once: its path, what was given and what is allowed.
    """
    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        problems = [describe_problem(detail, Parameters) for detail in error.errors()]
        msg = "parameters that cannot be used:\n" + "\n".join(f"  - {line}" for line in problems)
        raise ConfigurationError(msg) from None
