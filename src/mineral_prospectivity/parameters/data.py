"""Parameters of grid, labels and folds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mineral_prospectivity.parameters.group import Group


class GridParameters(Group):
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


class LabelParameters(Group):
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

    @model_validator(mode="after")
    def _exclusion_reaches_beyond_the_buffer(self) -> LabelParameters:
        if 0 < self.exclusion <= self.buffer:
            msg = (
                f"exclusion = {self.exclusion:g} m excludes nothing: cells within labels.buffer = "
                f"{self.buffer:g} m are positive, not background. Raise it, or set it to 0"
            )
            raise ValueError(msg)
        return self


class FoldParameters(Group):
    """Spatial cross-validation."""

    count: Annotated[
        int, Field(ge=3, le=20, description="Folds K; calibration leaves out two at a time.")
    ] = 5
    block_size: Annotated[float, Field(gt=0, description="Side of a spatial block, m.")] = 20_000.0
    seed: Annotated[int, Field(ge=0, description="Seed of the assignment of blocks.")] = 0
