"""From maps to categories, economics, targets, next samples and the report."""

from mineral_prospectivity.pipelines.risk.pipeline import create_pipeline

__all__ = ["create_pipeline"]
