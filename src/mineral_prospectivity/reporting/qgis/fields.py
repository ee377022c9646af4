"""Names, units and order of the attributes of features."""

from mineral_prospectivity.reporting.qgis.forms import Field, Tab

TARGET_TABS = (
    Tab("Where", (
        Field("rank", "Rank"),
        Field("target_id", "Target"),
        Field("category", "Return and risk of most cells"),
        Field("area_km2", "Area (km²)", 2),
        Field("cells", "Cells"),
        Field("known_deposits", "Known deposits inside"),
        Field("nearest_deposit", "Nearest known deposit"),
        Field("deposit_distance", "Distance to it (m; 0 inside)", 0),
    )),
    Tab("Why", (
        Field("drivers", "What adds or takes most (log-odds)"),
        Field("similar_deposits", "Most similar known deposits outside"),
        Field("latent_distance", "Distance to the first in latent space", 2),
        Field("dissimilarity", "Unlike known deposits (percentile)", 0),
        Field("novelty", "Novelty of the best cell (percentile)", 0),
        Field("unlike_training", "Unlike training, best cell (above 1: outside what applies)", 2),
        Field("outside_applicability", "Share outside the area of applicability (0 to 1)", 2),
        Field("best_x", "Best cell, easting (m)", 0),
        Field("best_y", "Best cell, northing (m)", 0),
    )),
    Tab("How sure", (
        Field("probability_mean", "Mean chance of a discovery in a cell (0 to 1)", 5),
        Field("probability_max", "Chance of a discovery in the best cell (0 to 1)", 5),
        Field("best_lower", "Best cell, lower 90 % bound", 5),
        Field("best_upper", "Best cell, upper 90 % bound", 5),
        Field("probability_lower", "Mean chance, lower 90 % bound", 5),
        Field("probability_upper", "Mean chance, upper 90 % bound", 5),
        Field("expected_discoveries", "Discoveries expected if all cells are tested", 2),
        Field("aleatoric", "Aleatoric uncertainty (mean SD)", 4),
        Field("epistemic", "Epistemic uncertainty (mean SD)", 4),
        Field("total", "Total uncertainty (mean SD)", 4),
    )),
    Tab("What it is worth", (
        Field("expected_value", "Expected value of all cells (currency)", 1),
        Field("risk_adjusted_return", "Risk-adjusted return of all cells (currency)", 1),
        Field("cells_to_test", "Cells that pay to test"),
        Field("testing_cost", "Cost of testing them (currency)", 1),
        Field("testing_return", "Risk-adjusted return of testing them (currency)", 1),
        Field("selected", "Bought by the budget"),
        Field("selection_order", "Order of buying", 0),
        Field("funded_share", "Share bought (0 to 1)", 2),
        Field("funded_cost", "Cost of that share (currency)", 1),
        Field("funded_return", "Return of that share (currency)", 1),
    )),
)  # fmt: skip

SAMPLE_TABS = (
    Tab("Sample", (
        Field("rank", "Rank"),
        Field("mutual_information", "Mutual information (nats)", 5),
        Field("probability", "Probability of the cell (0 to 1)", 5),
        Field("epistemic", "Epistemic uncertainty (SD)", 4),
        Field("total", "Total uncertainty (SD)", 4),
        Field("cell", "Cell of the grid"),
    )),
)  # fmt: skip

DEPOSIT_TABS = (
    Tab("Validation", (
        Field("cluster", "Cluster of deposits (held out together)"),
        Field("fold", "Fold in which it was held out, counted from 0"),
        Field("cell", "Cell of the grid"),
    )),
)  # fmt: skip
