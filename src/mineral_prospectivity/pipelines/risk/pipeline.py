"""Data flow of the risk-return analysis, which ends in the report and the QGIS project."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from mineral_prospectivity.pipelines.risk.nodes import (
    appraise,
    categorise,
    find_hot_spots,
    propose_samples,
    rank_targets,
    score_zones,
    summarise_risk,
    weigh_undiscovered,
)
from mineral_prospectivity.pipelines.risk.report_nodes import (
    style_features,
    style_maps,
    write_qgis_project,
    write_report,
)
from mineral_prospectivity.reporting.qgis import FEATURES, MAPS


def create_pipeline() -> Pipeline:
    """Return the pipeline from calibrated maps to targets, the report and the QGIS project."""
    map_styles = [f"styles.{one.name}" for one in MAPS]
    feature_styles = [f"feature_styles.{name}" for name in FEATURES]
    return Pipeline(
        [
            Node(
                find_hot_spots,
                ["prediction", "params:risk.hot_spots"],
                ["hot_spots", "hot_spot_summary"],
                name="find_hot_spots",
            ),
            Node(
                score_zones,
                [
                    "hot_spots",
                    "oof_predictions",
                    "cells",
                    "params:risk.hot_spots",
                    "params:evaluation",
                ],
                "zone_scores",
                name="score_zones",
            ),
            Node(
                categorise,
                ["hot_spots", "prediction", "params:risk.categories"],
                ["maps.risk_return", "risk_split"],
                name="categorise",
            ),
            Node(
                appraise,
                ["prediction", "cells", "params:risk.economics"],
                ["economics", "maps.risk_adjusted_return"],
                name="appraise",
            ),
            Node(
                weigh_undiscovered,
                ["oof_predictions", "params:risk.economics"],
                "undiscovered",
                name="weigh_undiscovered",
            ),
            Node(
                rank_targets,
                {
                    "hot_spot_map": "hot_spots",
                    "prediction": "prediction",
                    "economics": "economics",
                    "categories": "maps.risk_return",
                    "attribution": "attribution",
                    "evidence_stack": "evidence_stack",
                    "members": "members",
                    "cells": "cells",
                    "evidence": "evidence",
                    "dissimilarity": "dissimilarity",
                    "latent": "latent",
                    "deposits": "located_deposits",
                    "parameters": "params:risk.targets",
                    "money": "params:risk.economics",
                },
                ["targets", "targets_table", "target_drivers", "target_analogues"],
                name="rank_targets",
            ),
            Node(
                propose_samples,
                ["prediction", "cells", "params:risk.next_samples"],
                "next_samples",
                name="propose_samples",
            ),
            Node(
                summarise_risk,
                [
                    "maps.risk_return",
                    "located_deposits",
                    "targets",
                    "hot_spot_summary",
                    "zone_scores",
                    "risk_split",
                    "undiscovered",
                ],
                "risk_summary",
                name="summarise_risk",
            ),
            Node(
                write_report,
                {
                    "prediction": "prediction",
                    "categories": "maps.risk_return",
                    "economics": "economics",
                    "targets": "targets",
                    "next_samples": "next_samples",
                    "deposits": "located_deposits",
                    "cells": "cells",
                    "metrics": "metrics",
                    "data_quality": "data_quality",
                    "risk_summary": "risk_summary",
                    "members": "members",
                    "timings": "timings",
                    "drivers": "target_drivers",
                    "importance": "layer_importance",
                    "latent": "latent",
                    "latent_view": "latent_view",
                    "parameters": "parameters",
                },
                "report",
                name="write_report",
            ),
            Node(
                style_maps,
                ["prediction", "maps.risk_adjusted_return", "cells"],
                map_styles,
                name="style_maps",
            ),
            Node(
                style_features,
                ["targets", "next_samples", "located_deposits"],
                feature_styles,
                name="style_features",
            ),
            Node(
                write_qgis_project,
                [
                    "targets",
                    "located_deposits",
                    "evidence_stack",
                    "params:experiment",
                    *feature_styles,
                    *map_styles,
                ],
                ["published.deposits", "published.evidence", "qgis_project"],
                name="write_qgis_project",
            ),
        ],
        tags=["risk"],
    )
