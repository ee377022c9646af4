"""From members to calibrated maps with every uncertainty."""

from mineral_prospectivity.pipelines.uncertainty.pipeline import create_pipeline

__all__ = ["create_pipeline"]
