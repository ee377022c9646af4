"""All scores of an experiment in one document."""

from mineral_prospectivity.scoring.evaluation.report import evaluate
from mineral_prospectivity.scoring.evaluation.truth import KnownProbability

__all__ = ["KnownProbability", "evaluate"]
