"""From evidence and labels to member bundles and predictions outside their folds."""

from mineral_prospectivity.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
