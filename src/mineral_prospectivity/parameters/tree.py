"""All parameters together, and what must hold between their groups."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.geo.grid import projected_crs, require_bounds
from mineral_prospectivity.geo.misplaced import refuse_degrees
from mineral_prospectivity.parameters.data import FoldParameters, GridParameters, LabelParameters
from mineral_prospectivity.parameters.ensemble import (
    EnsembleParameters,
    EvaluationParameters,
    UncertaintyParameters,
)
from mineral_prospectivity.parameters.errors import describe_problem
from mineral_prospectivity.parameters.group import Group
from mineral_prospectivity.parameters.risk import RiskParameters
from mineral_prospectivity.vae.kinds import ModelSettings
from mineral_prospectivity.vae.settings import VaeSettings

LEAST_BROWNFIELD_FOLDS = 4
"""A fit without two folds, whose cells do not read their own, needs a fourth."""


class Parameters(Group):
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
