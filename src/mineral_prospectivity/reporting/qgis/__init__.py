"""Styles that QGIS loads by itself, and a project that shows everything; QGIS is not needed."""

from mineral_prospectivity.reporting.qgis.features import (
    FEATURES,
    deposits_style,
    folds_style,
    samples_style,
    targets_style,
)
from mineral_prospectivity.reporting.qgis.maps import MAPS, map_styles
from mineral_prospectivity.reporting.qgis.project import ProjectInputs, project_file
from mineral_prospectivity.reporting.qgis.rasters import evidence_styles

__all__ = [
    "FEATURES",
    "MAPS",
    "ProjectInputs",
    "deposits_style",
    "evidence_styles",
    "folds_style",
    "map_styles",
    "project_file",
    "samples_style",
    "targets_style",
]
