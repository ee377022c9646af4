"""Scores on blocks that no scored model saw, beside baselines, peers and truths."""

from mineral_prospectivity.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
