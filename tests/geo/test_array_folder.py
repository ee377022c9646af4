"""Folders of arrays: samples, their names and units, and labels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.array_folder import read_array_folder
from mineral_prospectivity.geo.evidence import layer_evidence
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec

from .conftest import CRS, NORTH, WEST

SAMPLES = pd.DataFrame(
    {
        "x": [WEST + 10, WEST + 90, WEST + 450, WEST + 9999],
        "y": [NORTH - 10, NORTH - 90, NORTH - 350, NORTH - 10],
        "cu": [1.0, 3.0, 7.0, 100.0],
        "zn": [2.0, np.nan, 8.0, 100.0],
    }
)


@pytest.fixture
def folder(tmp_path):
    """Four samples in a folder of arrays, with labels."""
    path = tmp_path / "arrays"
    path.mkdir()
    np.save(path / "features.npy", SAMPLES[["cu", "zn"]].to_numpy())
    np.save(path / "coordinates.npy", SAMPLES[["x", "y"]].to_numpy())
    np.save(path / "labels.npy", np.array([0, 1, 1, 0]))
    describe(path, units={"cu": "ppm", "zn": "ppm"}, crs=CRS, coordinates="coordinates.npy")
    return path


def describe(path, **metadata):
    metadata = {"feature_names": ["cu", "zn"], **metadata}
    (path / "features_metadata.json").write_text(json.dumps(metadata))


def test_folder_of_arrays(folder, grid):
    table = read_array_folder(folder)
    assert list(table.values.columns) == ["cu", "zn"]
    assert table.units == {"cu": "ppm", "zn": "ppm"}
    assert table.labels.tolist() == [0, 1, 1, 0]
    deposits = table.deposits()
    assert deposits.crs == CRS
    assert deposits["cu"].tolist() == [3.0, 7.0]
    assert deposits.geometry.x.tolist() == [WEST + 90, WEST + 450]
    spec = LayerSpec.declare("soil", kind="table")
    raster = layer_evidence(EvidenceLayer(spec, folder), grid)
    assert raster.array()[:, 3, 4].tolist() == [7, 8]


def test_coordinates_among_the_features(folder):
    np.save(folder / "features.npy", SAMPLES[["x", "y", "cu"]].to_numpy())
    describe(folder, feature_names=["x", "y", "cu"])
    table = read_array_folder(folder)
    assert list(table.values.columns) == ["cu"]
    assert table.x.tolist() == SAMPLES["x"].tolist()


def test_units_in_the_order_of_the_names(folder):
    describe(folder, units=["ppm", "ppb"], coordinates="coordinates.npy")
    assert read_array_folder(folder).units == {"cu": "ppm", "zn": "ppb"}


def test_ranges_that_agree(folder):
    describe(folder, ranges={"cu": [1, 100]}, coordinates="coordinates.npy")
    assert len(read_array_folder(folder).x) == 4


def test_null_is_as_if_left_out(folder):
    np.save(folder / "features.npy", SAMPLES[["x", "y", "cu"]].to_numpy())
    nothing = dict.fromkeys(["coordinates", "units", "ranges", "crs", "n_samples"])
    describe(folder, feature_names=["x", "y", "cu"], **nothing)
    table = read_array_folder(folder)
    assert (table.crs, table.units) == (None, {})
    assert table.x.tolist() == SAMPLES["x"].tolist()


NEITHER = " holds 1 for a known deposit, else 0"


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ([0, 1, 2, -1], f"{NEITHER}; 2 of 4 are neither (first: 2 in row 3)"),
        ([0.0, 0.5, 1.0, 0.0], f"{NEITHER}; 1 of 4 are neither (first: 0.5 in row 2)"),
        ([0.0, np.nan, 1.0, 0.0], f"{NEITHER}; 1 of 4 are neither (first: nan in row 2)"),
        ([0, 1], " has shape (2,); features.npy has 4 samples, so it must be (4,)"),
    ],
)
def test_wrong_labels(folder, labels, problem):
    np.save(folder / "labels.npy", np.array(labels))
    with pytest.raises(LayerError) as caught:
        read_array_folder(folder)
    assert str(caught.value) == f"{folder}: labels.npy{problem}"


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        (
            {"feature_names": ["cu", "zn", "pb"]},
            "features.npy has shape (4, 2); features_metadata.json names 3 features, so it must "
            "be (samples, 3)",
        ),
        ({"feature_names": ["cu", "cu"]}, "features_metadata.json names 'cu' more than once"),
        ({"n_samples": 5}, "features.npy has 4 samples; features_metadata.json says n_samples: 5"),
        (
            {"ranges": {"cu": [2, 8]}},
            "feature 'cu' lies in 1..100; features_metadata.json says 2..8. Are the columns in "
            "the order of feature_names?",
        ),
        (
            {"ranges": {"pb": [2, 8]}},
            "features_metadata.json gives a range of 'pb', no feature",
        ),
        (
            {"ranges": [[2, 8]]},
            "features_metadata.json has ranges that are no {name: [least, largest]}",
        ),
        (
            {"ranges": {"cu": [2]}},
            "features_metadata.json gives [2] as the range of 'cu', not [least, largest]",
        ),
        (
            {"ranges": {"cu": ["a", "b"]}},
            "features_metadata.json gives ['a', 'b'] as the range of 'cu', not [least, largest]",
        ),
        (
            {"units": "ppm"},
            "features_metadata.json has units that are no list, and no {name: unit}",
        ),
        ({"units": ["ppm"]}, "features_metadata.json gives 1 units for 2 features"),
        ({"units": {"pb": "ppm"}}, "features_metadata.json gives a unit of 'pb', no feature"),
        (
            {"coordinates": None},
            "has no coordinates: features_metadata.json names no coordinates array and no "
            "feature 'x'",
        ),
        (
            {"feature_names": "cu"},
            "features_metadata.json has no list feature_names, the columns of features.npy",
        ),
        ({"coordinates": "none.npy"}, "there is no none.npy"),
        (
            {"crs": "EPSG:nonsense"},
            "features_metadata.json says crs: 'EPSG:nonsense', which is no coordinate reference "
            "system. Correct it there, for example to EPSG:7845",
        ),
        (
            {"coordinates": "labels.npy"},
            "labels.npy has shape (4,); features.npy has 4 samples, so it must be (4, 2)",
        ),
    ],
)
def test_wrong_metadata(folder, metadata, problem):
    metadata = {"coordinates": "coordinates.npy", **metadata}
    describe(folder, **{key: value for key, value in metadata.items() if value is not None})
    with pytest.raises(LayerError) as caught:
        read_array_folder(folder)
    assert str(caught.value) == f"{folder}: {problem}"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("features.npy", None, "there is no features.npy"),
        ("features.npy", b"\x93NUMPY", "features.npy cannot be read as an array of numbers: "),
        (
            "features_metadata.json",
            None,
            "there is no features_metadata.json. It names the columns of features.npy",
        ),
        ("features_metadata.json", b"{", "features_metadata.json is no JSON: "),
    ],
)
def test_damaged_folders(folder, name, content, problem):
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(LayerError) as caught:
        read_array_folder(folder)
    assert str(caught.value).startswith(f"{folder}: {problem}")


def test_arrays_of_objects_are_refused(folder):
    np.save(folder / "features.npy", np.array([[object()]]), allow_pickle=True)
    with pytest.raises(LayerError, match=r"features\.npy cannot be read as an array of numbers: "):
        read_array_folder(folder)
