"""From raw layers and deposits to evidence, labels and folds."""

from mineral_prospectivity.pipelines.data_engineering.pipeline import create_pipeline

__all__ = ["create_pipeline"]
