"""Whether held-out scores can be believed of the cells to be predicted, and where the model may."""

from mineral_prospectivity.scoring.validity.applicability import AreaOfApplicability, area_mask
from mineral_prospectivity.scoring.validity.report import Ground, check_validity

__all__ = ["AreaOfApplicability", "Ground", "area_mask", "check_validity"]
