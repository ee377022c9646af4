"""From maps to decisions: hot spots, risk categories, economics, targets and next samples."""

from mineral_prospectivity.targeting.appraisal import economics, economics_map
from mineral_prospectivity.targeting.categories import CATEGORIES, category_table, risk_return
from mineral_prospectivity.targeting.explanation import Explanation, explain_targets
from mineral_prospectivity.targeting.getis_ord import hot_spots
from mineral_prospectivity.targeting.ground import best_ground, most_prospective
from mineral_prospectivity.targeting.sampling import next_samples
from mineral_prospectivity.targeting.selection import select_targets
from mineral_prospectivity.targeting.standing import Background
from mineral_prospectivity.targeting.targets import FoundTargets, find_targets

__all__ = [
    "CATEGORIES",
    "Background",
    "Explanation",
    "FoundTargets",
    "best_ground",
    "category_table",
    "economics",
    "economics_map",
    "explain_targets",
    "find_targets",
    "hot_spots",
    "most_prospective",
    "next_samples",
    "risk_return",
    "select_targets",
]
