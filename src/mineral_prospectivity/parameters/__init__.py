"""Every parameter of the project, typed and with its range: the one place that documents them."""

from mineral_prospectivity.parameters.data import (
    FoldParameters,
    GridParameters,
    LabelParameters,
)
from mineral_prospectivity.parameters.ensemble import (
    EnsembleParameters,
    EvaluationParameters,
    UncertaintyParameters,
)
from mineral_prospectivity.parameters.risk import (
    EconomicsParameters,
    HotSpotParameters,
    RiskCategoryParameters,
    RiskParameters,
    SampleParameters,
    TargetParameters,
)
from mineral_prospectivity.parameters.tree import (
    Parameters,
    validate_parameters,
)

__all__ = [
    "EconomicsParameters",
    "EnsembleParameters",
    "EvaluationParameters",
    "FoldParameters",
    "GridParameters",
    "HotSpotParameters",
    "LabelParameters",
    "Parameters",
    "RiskCategoryParameters",
    "RiskParameters",
    "SampleParameters",
    "TargetParameters",
    "UncertaintyParameters",
    "validate_parameters",
]
