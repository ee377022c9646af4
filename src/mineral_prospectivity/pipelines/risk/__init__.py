"""From maps to categories, economics, targets, next samples, the report and the QGIS project."""

from mineral_prospectivity.pipelines.risk.pipeline import create_pipeline

__all__ = ["create_pipeline"]
