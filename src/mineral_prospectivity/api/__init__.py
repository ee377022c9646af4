"""The flat Python interface: load an ensemble, predict, evaluate, weigh risk, pick targets."""

from mineral_prospectivity.api.decisions import (
    RiskReturnAnalysis,
    analyse_risk_return,
    pick_targets,
)
from mineral_prospectivity.api.ensemble import CalibratedEnsemble, load_ensemble
from mineral_prospectivity.api.prediction import MAPS, Prediction
from mineral_prospectivity.scoring.evaluation import evaluate

__all__ = [
    "MAPS",
    "CalibratedEnsemble",
    "Prediction",
    "RiskReturnAnalysis",
    "analyse_risk_return",
    "evaluate",
    "load_ensemble",
    "pick_targets",
]
