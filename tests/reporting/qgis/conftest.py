"""A folder as a run publishes it, and what its project holds."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from mineral_prospectivity.datasets import VectorDataset
from mineral_prospectivity.geo.geotiff import write_geotiff
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.reporting import qgis
from mineral_prospectivity.scoring.validity import applicability

PRIOR = 0.02
collect_ignore = ["open_in_qgis.py"]  # needs the interpreter that has QGIS


@pytest.fixture(scope="session")
def located(deposits):
    cluster = np.arange(len(deposits)) // 2
    return deposits.assign(cell=np.arange(len(deposits)), cluster=cluster, fold=cluster % 3)


@pytest.fixture(scope="session")
def styles(inputs, located):
    maps = qgis.map_styles(inputs.prediction, inputs.economics, PRIOR)
    return {
        **maps,
        "targets": qgis.targets_style(inputs.targets),
        "next_samples": qgis.samples_style(inputs.next_samples),
        "deposits": qgis.deposits_style(located),
        "folds": qgis.folds_style(located),
    }


@pytest.fixture(scope="session")
def project(inputs, evidence, styles):
    return qgis.ProjectInputs(
        name="small",
        grid=evidence.grid,
        styles=styles,
        evidence=tuple(zip(evidence.bands, qgis.evidence_styles(evidence), strict=True)),
        targets=inputs.targets,
    )


@pytest.fixture(scope="session")
def packed(project):
    return qgis.project_file(project)


@pytest.fixture(scope="session")
def unpacked(packed):
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return ET.fromstring(archive.read("small.qgs"))  # noqa: S314 - written a moment ago


@pytest.fixture(scope="session")
def folder(tmp_path_factory, inputs, evidence, located, styles, packed):  # noqa: PLR0917
    """Return the folder of an experiment, with all that QGIS looks at."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "maps").mkdir()
    values = (evidence.array()[:1] > 0).astype(np.uint8) + 1
    applicable = Raster(
        evidence.grid,
        (applicability.BAND,),
        lambda window: values[(slice(None), *window.slices)],
        applicability.CATEGORIES,
    )
    for one in qgis.MAPS:
        own = (inputs.prediction, inputs.economics, inputs.categories, applicable)
        raster = next(r for r in own if one.name in r.names)
        shown = raster if raster.categories else raster.select([one.name])
        write_geotiff(shown, folder / "maps" / f"{one.name}.tif")
        (folder / "maps" / f"{one.name}.qml").write_text(styles[one.name], encoding="utf-8")
    write_geotiff(evidence, folder / "evidence.tif")
    features = {
        "targets": inputs.targets, "next_samples": inputs.next_samples, "deposits": located,
    }  # fmt: skip
    for name in qgis.FEATURES:
        VectorDataset(filepath=str(folder / f"{name}.gpkg")).save(features[name])
        (folder / f"{name}.qml").write_text(styles[name], encoding="utf-8")
    (folder / "small.qgz").write_bytes(packed)
    return folder
