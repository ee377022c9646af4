"""Whatever is wrong with data, parameters or results: a run says what, and leaves nothing half."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from mineral_prospectivity.errors import (
    BundleError,
    ConfigurationError,
    DepositError,
    LayerError,
    OutdatedError,
    StorageError,
    user_error,
)

BOUNDS = [500_000, 5_200_000, 540_000, 5_236_000]
DEGREES = Affine(0.003, 0, 14.99, 0, -0.003, 47.4)
FAR_EAST = Affine.translation(1_750_000, 5_236_000) @ Affine.scale(250, -250)


def refused(experiment, pipeline, **params):
    """Return the error that a run ends with, as people see it, and how it says it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Kedro wraps what datasets raise
        experiment.run(pipeline, **params)
    error = user_error(caught.value)
    text = str(error).replace(str(experiment.raw()), "<raw>")
    return type(error), text.replace(str(experiment.storage), "<storage>")


def raster(name, values=None, **profile):
    """Write a layer again with other pixels, CRS or place."""

    def change(experiment):
        path = experiment.raw(f"{name}.tif")
        with rasterio.open(path) as source:
            pixels, own = source.read(1), source.profile
        path.unlink()
        with rasterio.open(path, "w", **own | profile) as target:
            target.write(pixels if values is None else np.full_like(pixels, values), 1)

    return change


def deposits(edit):
    """Write the deposits again, edited."""

    def change(experiment):
        path = experiment.raw("deposits.gpkg")
        frame = gpd.read_file(path)
        path.unlink()
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            edit(frame).to_file(path)

    return change


def moved_to(x):
    """Move the fourth deposit."""

    def edit(frame):
        points = frame.geometry.tolist()
        points[3] = shapely.Point(x, 5_210_000)
        return frame.set_geometry(gpd.GeoSeries(points, crs=frame.crs))

    return deposits(edit)


def arrays(labels):
    """Declare a folder of arrays as the deposits, with these labels of its samples."""

    def change(experiment):
        folder = experiment.raw("samples")
        folder.mkdir()
        points = gpd.read_file(experiment.raw("deposits.gpkg")).geometry
        np.save(folder / "features.npy", np.stack([points.x, points.y], axis=1))
        if labels is not None:
            np.save(folder / "labels.npy", np.resize(np.array(labels), len(points)))
        metadata = {"feature_names": ["x", "y"], "crs": "EPSG:32633"}
        (folder / "features_metadata.json").write_text(json.dumps(metadata))
        experiment.change("deposits", filepath=str(folder))

    return change


def entry(name, **fields):
    """Change fields of a catalog entry."""
    return lambda experiment: experiment.change(name, **fields)


def without(name):
    """Remove a raw file."""
    return lambda experiment: experiment.raw(name).unlink()


def both(*changes):
    """Make several changes."""

    def change(experiment):
        for each in changes:
            each(experiment)

    return change


BAD_DATA = {
    "missing layer file and missing deposits": (
        both(without("magnetics.tif"), without("deposits.gpkg")),
        {},
        StorageError,
        "files that this run reads are missing:\n"
        "  - deposits (<raw>/deposits.gpkg): put it there, or correct its filepath in the catalog\n"
        "  - layer.magnetics (<raw>/magnetics.tif): put it there, or correct its filepath in the "
        "catalog",
    ),
    "geographic layer that must not be reprojected": (
        raster("magnetics", crs="EPSG:4326", transform=DEGREES),
        {"grid": {"reproject": False}},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): CRS EPSG:4326 is geographic; the grid is "
        "EPSG:32633. Reproject it, or set grid.reproject: true",
    ),
    "layer without CRS": (
        raster("magnetics", crs=None),
        {},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): has no CRS. Declare it in the catalog entry, "
        "for example crs: EPSG:7845",
    ),
    "layer outside the grid": (
        raster("magnetics", transform=FAR_EAST),
        {"grid": {"bounds": BOUNDS}},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): lies outside the grid: it covers "
        "1750000..1790000 by 5200000..5236000, the grid 500000..540000 by 5200000..5236000 in "
        "EPSG:32633. Check its CRS, or grid.bounds",
    ),
    "layers that share no cell": (
        raster("magnetics", transform=FAR_EAST),
        {},
        ConfigurationError,
        "the layers share no cell; check their CRS, or set grid.bounds. In EPSG:32633 they cover, "
        "m:\n"
        "  - layer 'magnetics' (<raw>/magnetics.tif): 1750000..1790000 by 5200000..5236000\n"
        "  - layer 'lithology' (<raw>/lithology.tif): 500000..540000 by 5200000..5236000",
    ),
    "layer of nodata": (
        raster("magnetics", np.nan),
        {},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): has no value on the grid. Check nodata, "
        "grid.bounds, or remove the layer",
    ),
    "constant layer": (
        raster("magnetics", 3.5),
        {},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): is constant: every value on the grid is 3.5. "
        "Remove the layer",
    ),
    "two bad layers at once": (
        both(
            entry("layer.lithology", kind="continuous", classes=None, derive=None),
            raster("magnetics", transform=FAR_EAST),
        ),
        {"grid": {"bounds": BOUNDS}},
        LayerError,
        "layer 'magnetics' (<raw>/magnetics.tif): lies outside the grid: it covers "
        "1750000..1790000 by 5200000..5236000, the grid 500000..540000 by 5200000..5236000 in "
        "EPSG:32633. Check its CRS, or grid.bounds\n"
        "layer 'lithology' (<raw>/lithology.tif): is declared continuous and holds only 4 "
        "different integers (2, 3, 4, 5), like a map of classes. Declare kind: categorical, or "
        "ordinal: true if its numbers are ranks or counts",
    ),
    "unknown key of a layer": (
        entry("layer.magnetics", units="nT"),
        {},
        ConfigurationError,
        "layer 'magnetics': units: there is no such key; allowed: name, kind, unit, description, "
        "crs, transform, derive, nodata, band, resampling, ordinal, column, classes, "
        "min_fraction, file_layer, neighbours, max_distance, x, y",
    ),
    "key of another kind of layer": (
        entry("layer.faults", nodata=0),
        {},
        ConfigurationError,
        "layer 'faults': nodata means nothing for kind: lines, which understands file_layer",
    ),
    "no deposit on the grid": (
        deposits(lambda frame: frame.set_geometry(frame.translate(1e6))),
        {},
        DepositError,
        "deposits: none of the 62 lies on the grid, which spans 500000 to 540000 m east, 5200000 "
        "to 5236000 m north, in EPSG:32633. Check the CRS of the deposits, or enlarge grid.bounds",
    ),
    "no deposit at all": (
        deposits(lambda frame: frame.iloc[:0]),
        {},
        DepositError,
        "deposits: the file holds none; labels need at least one deposit",
    ),
    "deposits without CRS": (
        deposits(lambda frame: frame.set_crs(None, allow_override=True)),
        {},
        DepositError,
        "<raw>/deposits.gpkg: has no CRS. Declare it in the catalog, such as crs: EPSG:7845",
    ),
    "fewer deposit clusters than folds": (
        deposits(lambda frame: frame.iloc[[0, 30]]),
        {},
        DepositError,
        "deposits form 2 clusters, too few for 3 folds: every fold needs one. Lower "
        "labels.cluster_distance, or add deposits",
    ),
    "deposit at NaN": (
        moved_to(np.nan),
        {},
        DepositError,
        "deposits: no finite coordinates in row 3; correct or remove them",
    ),
    "deposit at infinity": (
        moved_to(np.inf),
        {},
        DepositError,
        "deposits: no finite coordinates in row 3; correct or remove them",
    ),
    "deposits of a status that none has": (
        lambda experiment: None,
        {"labels": {"include": {"status": ["Mine"]}}},
        DepositError,
        "labels.include.status: no deposit has 'Mine'; there are 'Occurrence', 'Deposit'",
    ),
    "labels other than 0 and 1": (
        arrays([0, 1, 2]),
        {},
        LayerError,
        "<raw>/samples: labels.npy holds 1 for a known deposit, else 0; 20 of 62 are neither "
        "(first: 2 in row 2)",
    ),
    "samples without labels": (
        arrays(None),
        {},
        DepositError,
        "<raw>/samples: there is no labels.npy. Give one: 1 for a known deposit, else 0",
    ),
    "grid in degrees": (
        lambda experiment: None,
        {"grid": {"crs": "EPSG:4326"}},
        ConfigurationError,
        "grid.crs: EPSG:4326 is geographic (degrees); areas and distances need a projected CRS "
        "in metres, such as the UTM zone of the region",
    ),
}
ONLY_VALUES_SHOW_IT = {"layer of nodata", "constant layer", "fewer deposit clusters than folds"}


@pytest.fixture(scope="module")
def engineered(drawn, tmp_path_factory):
    """Return an experiment whose data engineering has run."""
    experiment = drawn.copy(tmp_path_factory.mktemp("engineered"))
    experiment.run("data_engineering")
    return experiment


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data(case, drawn, engineered, tmp_path):
    change, params, kind, message = BAD_DATA[case]
    experiment = drawn.copy(tmp_path)
    change(experiment)

    assert refused(experiment, "data_engineering", **params) == (kind, message)

    written = experiment.written()
    if case not in ONLY_VALUES_SHOW_IT:
        assert written == {}
    assert written.items() <= engineered.written().items()


def test_duplicate_deposits_are_left_out_and_reported(drawn, engineered, tmp_path):
    experiment = drawn.copy(tmp_path)
    deposits(lambda frame: pd.concat([frame, frame.iloc[[4, 17]]]))(experiment)

    experiment.run("data_engineering")

    report = json.loads(experiment.output("data_quality.json").read_text())["deposits"]
    assert (report["given"], report["kept"], report["duplicates"]) == (64, 62, [62, 63])
    assert report["messages"] == [
        "deposits: 2 of 64 points repeat the coordinates of another (rows 62, 63); each place "
        "counts once"
    ]
    cells = "05_model_input/small/cells.parquet"
    assert experiment.written()[cells] == engineered.written()[cells]


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        (
            {"grid": {"resolution": -500}, "folds": {"count": 2}},
            [
                "grid.resolution = -500: input should be greater than 0",
                "folds.count = 2: input should be greater than or equal to 3",
            ],
        ),
        (
            {"labels": {"bufer": 500}, "ensembel": {"size": 3}},
            [
                "labels.bufer: there is no such parameter; allowed: include, buffer, "
                "cluster_distance, exclusion, max_background",
                "ensembel: there is no such parameter; allowed: experiment, grid, labels, folds, "
                "ensemble, model, uncertainty, evaluation, risk",
            ],
        ),
        (
            {"folds": {"block_size": 100}},
            [
                "folds.block_size = 100 m is smaller than a cell (grid.resolution = 500 m)",
            ],
        ),
    ],
)
def test_bad_parameters(drawn, params, problems):
    lines = ["parameters that cannot be used:", *(f"  - {problem}" for problem in problems)]
    assert refused(drawn, "__default__", **params) == (ConfigurationError, "\n".join(lines))
    assert drawn.written() == {}


def test_unknown_experiment(drawn):
    assert refused(drawn, "__default__", env="nowhere") == (
        ConfigurationError,
        f"--env nowhere: there is no environment 'nowhere' in {drawn.conf}; there are: demo, small",
    )


@pytest.fixture(scope="module")
def mapped(engineered, tmp_path_factory):
    """Return an experiment with members and maps."""
    experiment = engineered.copy(tmp_path_factory.mktemp("mapped"))
    experiment.run("training")
    experiment.run("uncertainty")
    experiment.run("evaluation", evaluation={"baselines": [], "bootstrap": 50})
    return experiment


def cut_off(experiment):
    path = experiment.model("member_001.safetensors")
    path.write_bytes(path.read_bytes()[:-100])


def tampered_with(experiment):
    path = experiment.model("member_001.safetensors")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def tampered_header(experiment):
    path = experiment.model("member_001.safetensors")
    path.write_bytes(path.read_bytes().replace(b"member", b"mumber", 1))


def engineered_again(change=lambda experiment: None, **params):
    """Run data engineering on changed data or with other parameters, and nothing after it."""

    def again(experiment):
        change(experiment)
        experiment.run("data_engineering", **params)

    return again


def more_layers(experiment):
    gravity = {"filepath": str(experiment.raw("gravity.tif")), "kind": "continuous"}
    kind = experiment.catalog()["layer.magnetics"]["type"]
    experiment.change("layer.gravity", type=kind, **gravity)


DAMAGED = (
    "<storage>/06_models/small/member_001.safetensors: the member bundle is damaged: its content "
    "does not have the SHA-256 that it states. Copy it again, or train the member again"
)
BAD_RESULTS = {
    "member cut off": (
        cut_off,
        "uncertainty",
        {},
        BundleError,
        "<storage>/06_models/small/member_001.safetensors: the member bundle is cut off or "
        "damaged (Error while deserializing: incomplete metadata, file not fully covered). Copy "
        "it again, or train the member again",
    ),
    "member tampered with": (
        tampered_with,
        "uncertainty",
        {},
        BundleError,
        DAMAGED,
    ),
    "member whose header was tampered with": (
        tampered_header,
        "uncertainty",
        {},
        BundleError,
        DAMAGED,
    ),
    "members that were never trained": (
        lambda experiment: None,
        "uncertainty",
        {"ensemble": {"size": 4}},
        StorageError,
        "files that this run reads are missing:\n"
        "  - member_003.bundle (<storage>/06_models/small/member_003.safetensors): run training "
        "first\n"
        "  - members_002_003.inner (<storage>/06_models/small/members_002_003_inner.parquet): run "
        "training first\n"
        "  - members_002_003.out_of_fold "
        "(<storage>/06_models/small/members_002_003_out_of_fold.parquet): run training first\n"
        "  - members_002_003.permuted "
        "(<storage>/06_models/small/members_002_003_permuted.parquet): run training first",
    ),
    "layers in another order": (
        engineered_again(lambda experiment: experiment.keep("faults", "magnetics", "lithology")),
        "uncertainty",
        {},
        BundleError,
        "band 1 of the evidence is 'faults_distance', the members expect 'magnetics' there. "
        "Select the bands in the order of Ensemble.bands, or train the members again",
    ),
    "another number of layers": (
        engineered_again(more_layers),
        "uncertainty",
        {},
        BundleError,
        "the members expect 11 bands, the evidence has 12; missing: none; not expected: "
        "'gravity'. Declare the layers as they were, or train the members again",
    ),
    "a layer in another unit": (
        engineered_again(entry("layer.magnetics", unit="T")),
        "uncertainty",
        {},
        BundleError,
        "band 'magnetics' has the unit 'T', the members were trained with 'nT'. Convert it, or "
        "train the members again",
    ),
    "other values of a layer": (
        engineered_again(raster("magnetics", np.arange(160) % 37)),
        "uncertainty",
        {},
        OutdatedError,
        "member_000: trained on other evidence or labels than data_engineering has written since. "
        "Run training again",
    ),
    "another grid, before the maps": (
        engineered_again(grid={"resolution": 1000.0}),
        "uncertainty",
        {},
        OutdatedError,
        "predictions of member_000: made with other cells than data_engineering has written "
        "since. Run training again",
    ),
    "another grid, before the scores": (
        engineered_again(grid={"resolution": 1000.0}),
        "evaluation",
        {"evaluation": {"baselines": []}},
        OutdatedError,
        "prediction: made with other cells than data_engineering has written since. Run training "
        "and uncertainty again",
    ),
    "another grid, before the targets": (
        engineered_again(grid={"resolution": 1000.0}),
        "risk",
        {},
        OutdatedError,
        "prediction: made with other cells than data_engineering has written since. Run training "
        "and uncertainty again",
    ),
    "other folds, before the maps": (
        engineered_again(folds={"seed": 1}),
        "uncertainty",
        {},
        OutdatedError,
        "predictions of member_000: made with other folds than data_engineering has written "
        "since. Run training again",
    ),
    "other folds, before the scores": (
        engineered_again(folds={"seed": 1}),
        "evaluation",
        {"evaluation": {"baselines": ["prevalence"]}},
        OutdatedError,
        "predictions of the ensemble: made with other folds than data_engineering has written "
        "since. Run training and uncertainty again",
    ),
    "another number of folds": (
        lambda experiment: None,
        "training",
        {"folds": {"count": 4}},
        OutdatedError,
        "cells: dealt to 3 folds, and folds.count is 4. Run data_engineering again",
    ),
}
WRITTEN_BEFORE = {
    "evaluation": {"07_model_output/small/baselines_out_of_fold.parquet"},
    "risk": {"07_model_output/small/hot_spots.tif", "08_reporting/small/maps/risk_return.tif"},
}
"""Files of nodes that were done before the one that refused."""


@pytest.mark.parametrize("case", BAD_RESULTS)
def test_bad_results(case, mapped, tmp_path):
    change, pipeline, params, kind, message = BAD_RESULTS[case]
    experiment = mapped.copy(tmp_path)
    change(experiment)
    before = experiment.written()

    assert refused(experiment, pipeline, **params) == (kind, message)

    changed = {name for name, _ in experiment.written().items() ^ before.items()}
    assert changed <= WRITTEN_BEFORE.get(pipeline, set())
