"""What the tables between pipelines must satisfy; the catalog's ``validator:`` names these."""

from mineral_prospectivity.contracts.tables import (
    cells,
    evidence,
    located_deposits,
    oof_predictions,
)

__all__ = ["cells", "evidence", "located_deposits", "oof_predictions"]
