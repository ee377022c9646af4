"""Mineral prospectivity maps with calibrated uncertainty, spatial validation and risk-return.

The flat Python interface lies here: ``load_ensemble``, ``evaluate``, ``analyse_risk_return`` and
``pick_targets``. It is imported when it is first used, because it needs torch.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mineral_prospectivity.api import (
        CalibratedEnsemble,
        Prediction,
        RiskReturnAnalysis,
        analyse_risk_return,
        evaluate,
        load_ensemble,
        pick_targets,
    )

__all__ = [
    "CalibratedEnsemble",
    "Prediction",
    "RiskReturnAnalysis",
    "analyse_risk_return",
    "evaluate",
    "load_ensemble",
    "pick_targets",
]

try:
    __version__ = version("mineral-prospectivity")
except PackageNotFoundError:  # used from a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("mineral_prospectivity.api"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
