"""A small simulated region with everything that a report tells of."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from scipy.special import expit, logit

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.false_colours import false_colours
from mineral_prospectivity.geo.grid import cell_centres, cells_of_points, make_grid
from mineral_prospectivity.geo.quality import quality_report
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import EvaluationParameters, RiskParameters
from mineral_prospectivity.reporting.inputs import ReportInputs
from mineral_prospectivity.reporting.report import render_report
from mineral_prospectivity.reporting.why import Reasons
from mineral_prospectivity.scoring.evaluation import evaluate
from mineral_prospectivity.scoring.undiscovered import undiscovered_sensitivity
from mineral_prospectivity.targeting import (
    Background,
    category_table,
    economics_map,
    explain_targets,
    find_targets,
    hot_spots,
    next_samples,
    risk_return,
    select_targets,
)

ROWS, COLS = 90, 70


def as_raster(grid, **bands):
    stack = np.stack([np.asarray(values, dtype=np.float32) for values in bands.values()])
    return Raster(grid, tuple(Band(n) for n in bands), lambda window: stack[:, *window.slices])


def smooth(rng, length):
    field = gaussian_filter(rng.standard_normal((ROWS, COLS)), length, mode="wrap")
    return field / field.std()


@pytest.fixture(scope="session")
def grid():
    return make_grid("EPSG:32633", 500.0, (400_000, 6_000_000, 435_000, 6_045_000))


@pytest.fixture(scope="session")
def risk():
    money = {"exploration_cost": 1.0, "discovery_value": 25.0, "risk_aversion": 0.5}
    return RiskParameters.model_validate({"economics": money, "hot_spots": {"radius": 1000.0}})


@pytest.fixture(scope="session")
def prediction(grid):
    rng = np.random.default_rng(11)
    mean = 1.4 * smooth(rng, 5) - 4
    mean[:12, :9] = np.nan
    sd = np.where(np.isnan(mean), np.nan, 0.3 + 0.25 * np.abs(smooth(rng, 6)))
    p = expit(mean)
    epistemic = p * (1 - p) * sd
    return as_raster(
        grid,
        probability=p,
        aleatoric=np.sqrt(p * (1 - p) - epistemic**2),
        latent=0.5 * epistemic,
        epistemic=epistemic,
        total=np.sqrt(p * (1 - p)),
        mutual_information=epistemic**2 / (2 * p * (1 - p)),
        log_odds_mean=mean,
        log_odds_sd=sd,
        novelty=np.where(np.isnan(mean), np.nan, 100 * rng.beta(2, 2, mean.shape)),
    )


@pytest.fixture(scope="session")
def evidence(grid, prediction):
    rng = np.random.default_rng(12)
    mean = prediction.select(["log_odds_mean"]).array()[0]
    return as_raster(grid, gravity=mean + smooth(rng, 2), fault_distance=np.abs(smooth(rng, 4)))


@pytest.fixture(scope="session")
def cells(grid, prediction):
    p = prediction.select(["probability"]).array()[0].ravel().astype(float)
    cell = np.flatnonzero(np.isfinite(p))
    label = (np.random.default_rng(13).random(cell.size) < p[cell]).astype(np.int8)
    x, y = cell_centres(grid, cell)
    row, col = np.divmod(cell, COLS)
    cluster = np.where(label == 1, np.cumsum(label) - 1, -1)
    return pd.DataFrame({
        "cell": cell, "x": x, "y": y, "label": label, "deposits": label.astype(np.int16),
        "cluster": cluster, "fold": (row // 15 * 2 + col // 15) % 5, "weight": 1.0,
    })  # fmt: skip


@pytest.fixture(scope="session")
def deposits(cells):
    found = cells[cells.label == 1]
    names = [f"Mine <{i}> & Sons" for i in range(len(found))]
    return gpd.GeoDataFrame(
        {"Deposit": names}, geometry=gpd.points_from_xy(found.x, found.y), crs="EPSG:32633"
    )


@pytest.fixture(scope="session")
def oof(cells, prediction):
    rng = np.random.default_rng(14)
    maps = prediction.array().reshape(len(prediction.bands), -1)[:, cells.cell].astype(float)
    table = cells.assign(**dict(zip(prediction.names, maps, strict=True)))
    noisy = expit(0.9 * logit(table.probability) + rng.normal(0, 0.4, len(table)) - 0.3)
    return table.assign(
        baseline_lightgbm=noisy,
        baseline_distance=expit(rng.normal(-4, 1, len(table))),
        baseline_prevalence=np.full(len(table), cells.label.mean()),
    )


CELLS = ["label", "deposits", "weight"]
MODELS = ["probability", "baseline_lightgbm", "baseline_distance", "baseline_prevalence"]


@pytest.fixture(scope="session")
def metrics(oof):
    return evaluate(oof, models=MODELS, fitted=oof[[*CELLS, "probability"]], bootstrap=60)


@pytest.fixture(scope="session")
def inputs(risk, prediction, evidence, cells, deposits, metrics, oof):  # noqa: PLR0917
    spots = hot_spots(
        prediction.select(["log_odds_mean"]), radius=risk.hot_spots.radius, significance=0.05
    )
    split = risk_return(spots.map, prediction, **risk.categories.model_dump())
    spending = risk.economics.model_dump(exclude={"undiscovered_deposits"})
    money = economics_map(prediction, **spending)
    targets = find_targets(
        spots.map, prediction, money, split.map, deposits=deposits,
        min_area=1e6, count=50, exploration_cost=1.0,
    )  # fmt: skip
    latent = as_raster(
        prediction.grid, latent_1=evidence.array()[0], latent_2=prediction.array()[0]
    )
    located = deposits.assign(
        cell=cells_of_points(prediction.grid, deposits.geometry.x, deposits.geometry.y)
    )
    located["cluster"] = np.arange(len(located))
    why = explain_targets(
        *targets,
        maps=prediction,
        economics=money,
        attribution=evidence,
        evidence=evidence,
        background=Background(
            evidence.bands,
            evidence.array().reshape(len(evidence.bands), -1).T,
            np.ones(ROWS * COLS),
        ),
        dissimilarity=evidence.select(["fault_distance"]),
        latent=latent,
        deposits=located,
    )
    importance = pd.DataFrame(
        {
            "layer": list(evidence.names),
            "nll_increase": np.linspace(0.002, 0.0, len(evidence.names)),
            "nll_low": np.linspace(0.001, -0.001, len(evidence.names)),
            "nll_high": np.linspace(0.003, 0.001, len(evidence.names)),
        }
    )
    view = false_colours(latent, latent.array().reshape(2, -1).T)
    targets = select_targets(why.targets, budget=risk.targets.budget, spacing=1000.0)
    table = category_table(split.map, deposits)
    chosen = targets[targets.selected]
    return ReportInputs(
        title="Simulated <region> & test",
        created="2025-01-02 03:04 UTC",
        prediction=prediction,
        categories=split.map,
        economics=money,
        targets=targets,
        next_samples=next_samples(
            prediction, cells.loc[cells.label == 1, "cell"], count=8, spacing=3000
        ),
        deposits=deposits,
        cells=cells,
        metrics=metrics,
        quality=quality_report(evidence),
        risk={
            "risk": {"measure": split.measure, "threshold": split.threshold},
            "zones": {
                "fit": {
                    "area_share": 0.04,
                    "captured": 18,
                    "deposits": 19,
                    "capture": {"value": 18 / 19, "low": 0.8, "high": 1.0},
                },
                "held_out": {"absent": "1 deposit clusters: a bootstrap needs at least 2"},
            },
            "categories": table.astype(object).where(table.notna(), None).to_dict("records"),
            "undiscovered": undiscovered_sensitivity(
                oof, undiscovered=20.0, exploration_cost=1.0, discovery_value=50.0
            ),
            "targets": {
                "found": len(targets),
                "selected": len(chosen),
                "funded_cost": float(chosen.funded_cost.sum()),
                "funded_return": float(chosen.funded_return.sum()),
            },
        },
        reasons=Reasons(why.drivers, importance, latent, view),
        parameters={"risk": risk.model_dump(), "evaluation": EvaluationParameters().model_dump()},
        provenance={"versions": {"numpy": "2.4"}},
        timings={
            "train_members_000": {
                "pipeline": "training",
                "seconds": 12.5,
                "ran": "AWS Batch",
                "peak_memory_mib": 900,
            },
            "evaluate": {"pipeline": "evaluation", "seconds": 2.25, "ran": "locally"},
        },
    )


@pytest.fixture(scope="session")
def html(inputs, made_once):
    folder = made_once(
        "report", lambda folder: (folder / "report.html").write_text(render_report(inputs))
    )
    return (folder / "report.html").read_text()


@pytest.fixture
def _undrawn(monkeypatch):
    """Save empty pictures, where a test looks at words alone."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)
