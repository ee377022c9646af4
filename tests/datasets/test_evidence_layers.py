"""Evidence layers, as the catalog declares them."""

from __future__ import annotations

import numpy as np
import pytest
from kedro.io import DataCatalog, DatasetError

from mineral_prospectivity.datasets import (
    EvidenceLayerDataset,
    RasterDataset,
)
from mineral_prospectivity.datasets.stored_file import StoredFile
from mineral_prospectivity.geo.evidence import layer_evidence

from .conftest import GRID

CATALOG = {
    "layer.magnetics": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/magnetics.tif",
        "kind": "continuous",
        "unit": "nT",
        "derive": ["gradient", {"neighbourhood": [1500, 3000]}],
        "metadata": {"kedro-viz": {"layer": "raw"}},
    },
    "layer.rocks": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/Solid geology 2020.tif",
        "name": "lithology",
        "kind": "categorical",
        "derive": ["contacts", {"distance_to": ["granite"]}],
    },
    "layer.faults": {
        "type": "mineral_prospectivity.datasets.EvidenceLayerDataset",
        "filepath": "raw/faults-2020.gpkg",
        "kind": "lines",
    },
}


def test_evidence_layer(root, raster):
    RasterDataset(filepath=f"{root}/magnetics.tif").save(raster)
    dataset = EvidenceLayerDataset(
        filepath=f"{root}/magnetics.tif",
        kind="continuous",
        unit="nT",
        derive=["gradient", {"neighbourhood": [300]}],
    )
    layer = dataset.load()
    assert layer.name == "magnetics"
    assert layer.label == f"layer 'magnetics' ({root}/magnetics.tif)"
    evidence = layer_evidence(layer, GRID)
    names = ("magnetics", "magnetics_gradient", "magnetics_mean_300m", "magnetics_sd_300m")
    assert evidence.names == names
    assert np.array_equal(evidence.array()[0], raster.array()[0], equal_nan=True)
    with pytest.raises(DatasetError, match="'magnetics' is raw data and is never written"):
        dataset.save(layer)


def test_missing_layer(root):
    dataset = EvidenceLayerDataset(filepath=f"{root}/gravity.tif", kind="continuous")
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert str(caught.value).endswith(
        f"layer 'gravity': {root}/gravity.tif: there is no such file. "
        "Check the filepath in the catalog"
    )


def test_attribute_tables_come_with_their_raster(bucket):
    for name in ("rock.tif", "rock.tif.vat.dbf", "rock_age.tif"):
        with StoredFile(f"{bucket}/{name}").replaced() as path:
            path.write_bytes(b"")
    layer = EvidenceLayerDataset(filepath=f"{bucket}/rock.tif", kind="categorical").load()
    found = sorted(path.name for path in layer.path.parent.iterdir())
    assert found == ["rock.tif", "rock.tif.vat.dbf"]


def test_layers_in_a_catalog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for entry in CATALOG.values():
        with StoredFile(entry["filepath"]).replaced() as path:
            path.write_bytes(b"")
    catalog = DataCatalog.from_config(CATALOG)
    names = [catalog.load(name).name for name in CATALOG]
    assert names == ["magnetics", "lithology", "faults_2020"]
    spec = catalog.load("layer.magnetics").spec
    assert spec.derive.gradient is True
    assert spec.derive.neighbourhood == (1500.0, 3000.0)


def test_a_catalog_of_layers_can_be_written_down_again():
    catalog = DataCatalog.from_config(CATALOG)
    for name in CATALOG:
        catalog.get(name)
    config, *_ = catalog.to_config()
    again = DataCatalog.from_config(config)
    for name in CATALOG:
        assert repr(again.get(name)) == repr(catalog.get(name))


def test_a_wrong_entry_is_named():
    entry = {**CATALOG["layer.magnetics"], "units": "nT"}
    with pytest.raises(DatasetError, match="layer 'magnetics': units: there is no such key; allow"):
        DataCatalog.from_config({"layer.magnetics": entry}).load("layer.magnetics")


def test_descriptions_name_the_file(tmp_path):
    path = str(tmp_path / "p.tif")
    assert path in repr(RasterDataset(filepath=path))
    layer = EvidenceLayerDataset(filepath=path, kind="continuous")
    assert "kind='continuous'" in repr(layer)
