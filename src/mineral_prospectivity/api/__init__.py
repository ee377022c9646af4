"""The flat Python interface: load an ensemble, predict, evaluate, weigh risk, pick targets."""

from mineral_prospectivity.api.decisions import (
    RiskReturnAnalysis,
    analyse_risk_return,
    pick_targets,
)
from mineral_prospectivity.api.ensemble import CalibratedEnsemble, load_ensemble
from mineral_prospectivity.api.explanation import attribution_map, latent_map
from mineral_prospectivity.api.prediction import MAPS, Prediction
from mineral_prospectivity.scoring.evaluation import evaluate
from mineral_prospectivity.vae.attribution import Attribution, typical_cell

__all__ = [
    "MAPS",
    "Attribution",
    "CalibratedEnsemble",
    "Prediction",
    "RiskReturnAnalysis",
    "analyse_risk_return",
    "attribution_map",
    "evaluate",
    "latent_map",
    "load_ensemble",
    "pick_targets",
    "typical_cell",
]
