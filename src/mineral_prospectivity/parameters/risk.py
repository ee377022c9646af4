"""Parameters of the risk-return analysis."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mineral_prospectivity.parameters.group import Group


class HotSpotParameters(Group):
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


class RiskCategoryParameters(Group):
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
        float,
        Field(
            gt=0,
            lt=1,
            description="Quantile over the map that splits low from high; of no effect with a "
            "threshold.",
        ),
    ] = 0.5


class EconomicsParameters(Group):
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
    def _a_discovery_pays_for_a_test(self) -> EconomicsParameters:
        if self.exploration_cost >= self.discovery_value:
            msg = (
                f"exploration_cost = {self.exploration_cost:g} is not below "
                f"risk.economics.discovery_value = {self.discovery_value:g}: testing a cell could "
                "never pay"
            )
            raise ValueError(msg)
        return self


class TargetParameters(Group):
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


class SampleParameters(Group):
    """Where to sample next."""

    count: Annotated[int, Field(ge=1, description="Sites proposed.")] = 20
    spacing: Annotated[float, Field(ge=0, description="Least distance of two sites, m.")] = 3000.0


class RiskParameters(Group):
    """Risk-return analysis and targets."""

    hot_spots: HotSpotParameters = HotSpotParameters()
    categories: RiskCategoryParameters = RiskCategoryParameters()
    economics: EconomicsParameters = EconomicsParameters()
    targets: TargetParameters = TargetParameters()
    next_samples: SampleParameters = SampleParameters()

    @model_validator(mode="after")
    def _the_budget_buys_a_test(self) -> RiskParameters:
        if self.targets.budget < self.economics.exploration_cost:
            msg = (
                f"targets.budget = {self.targets.budget:g} buys no test "
                f"(risk.economics.exploration_cost = {self.economics.exploration_cost:g}). Raise it"
            )
            raise ValueError(msg)
        return self
