"""Plain models on the same folds, so that a good score is good beside something."""

from mineral_prospectivity.scoring.baselines.predictions import (
    BASELINES,
    CONTEXT,
    WITHOUT_EVIDENCE,
    baseline_predictions,
)

__all__ = ["BASELINES", "CONTEXT", "WITHOUT_EVIDENCE", "baseline_predictions"]
