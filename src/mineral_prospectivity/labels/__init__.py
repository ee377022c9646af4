"""Deposits become labelled cells, deposit clusters, background and spatial folds."""

from mineral_prospectivity.labels.agreement import (
    require_same_cells,
    require_same_data,
    require_same_grid,
)
from mineral_prospectivity.labels.background import background_stands_for
from mineral_prospectivity.labels.deposits import deposits_from_labels, select_deposits
from mineral_prospectivity.labels.folds import lopsided_folds, spatial_folds, thin_folds
from mineral_prospectivity.labels.positives import label_cells
from mineral_prospectivity.labels.table import (
    deposit_points,
    make_cells,
    split_by_evidence,
    without_evidence,
)

__all__ = [
    "background_stands_for",
    "deposit_points",
    "deposits_from_labels",
    "label_cells",
    "lopsided_folds",
    "make_cells",
    "require_same_cells",
    "require_same_data",
    "require_same_grid",
    "select_deposits",
    "spatial_folds",
    "split_by_evidence",
    "thin_folds",
    "without_evidence",
]
