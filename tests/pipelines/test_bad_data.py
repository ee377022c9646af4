"""Whatever is wrong with the data: a run says what, and leaves nothing half."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from mineral_prospectivity.errors import ConfigurationError, DepositError, LayerError, StorageError

from .changes import arrays, both, deposits, entry, moved_to, raster, refused, without

BOUNDS = [500_000, 5_200_000, 540_000, 5_236_000]


DEGREES = Affine(0.003, 0, 14.99, 0, -0.003, 47.4)


FAR_EAST = Affine.translation(1_750_000, 5_236_000) @ Affine.scale(250, -250)


THERE = (
    "In <raw> there is arsenic.tif, conductivity.tif, copper.tif, elevation.tif, faults.gpkg, "
    "gold.tif, gravity.tif, lithology.tif, …"
)

BAD_DATA = {
    "missing layer file and missing deposits": (
        both(without("magnetics.tif"), without("deposits.gpkg")),
        {},
        StorageError,
        "files that this run reads are missing:\n"
        "  - layer.magnetics (<raw>/magnetics.tif): put it there, or correct its filepath in the "
        f"catalog. {THERE}\n"
        "  - deposits (<raw>/deposits.gpkg): put it there, or correct its filepath in the catalog. "
        f"{THERE}",
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
        "to 5236000 m north, in EPSG:32633; they span 1500399 to 1537176 m east, 5203905 to "
        "5234083 m north. Check the CRS of the deposits, or enlarge grid.bounds",
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
        "deposits: no finite coordinates in row 4; correct or remove them",
    ),
    "deposit at infinity": (
        moved_to(np.inf),
        {},
        DepositError,
        "deposits: no finite coordinates in row 4; correct or remove them",
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
        "(first: 2 in row 3)",
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
        "parameters that cannot be used:\n  - grid.crs: EPSG:4326 is geographic (degrees); areas "
        "and distances need a projected CRS in metres, such as the UTM zone of the region",
    ),
}


ONLY_VALUES_SHOW_IT = {"layer of nodata", "constant layer", "fewer deposit clusters than folds"}


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


def chained(frame):
    """Return the deposits, and 90 more, a metre from one to the next."""
    first = frame.geometry.iloc[0]
    chain = shapely.points(first.x + np.arange(1, 91), first.y)
    return pd.concat([frame, gpd.GeoDataFrame(geometry=chain, crs=frame.crs)])


def test_a_fold_with_most_of_the_deposits_is_reported(drawn, tmp_path):
    experiment = drawn.copy(tmp_path)
    deposits(chained)(experiment)

    experiment.run("data_engineering")

    found = json.loads(experiment.output("data_quality.json").read_text())
    most = max(fold["deposits"] for fold in found["folds"])
    assert found["findings"][0].startswith(f"folds: one fold holds {most} of the 152 deposits")


def test_duplicate_deposits_are_left_out_and_reported(drawn, engineered, tmp_path):
    experiment = drawn.copy(tmp_path)
    deposits(lambda frame: pd.concat([frame, frame.iloc[[4, 17]]]))(experiment)

    experiment.run("data_engineering")

    report = json.loads(experiment.output("data_quality.json").read_text())["deposits"]
    assert (report["given"], report["kept"], report["duplicates"]) == (64, 62, [62, 63])
    assert report["messages"] == [
        "deposits: 2 of 64 points repeat the coordinates of another (rows 63, 64); each place "
        "counts once"
    ]
    cells = "05_model_input/small/cells.parquet"
    assert experiment.written()[cells] == engineered.written()[cells]
