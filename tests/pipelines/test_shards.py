"""A map predicted in parts, as on a cloud, is the map predicted at once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mineral_prospectivity.datasets import RasterDataset
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import EnsembleParameters, GridParameters
from mineral_prospectivity.pipelines.uncertainty import create_pipeline
from mineral_prospectivity.pipelines.uncertainty.nodes import (
    assemble_map,
    predict_map,
    predict_part,
)
from mineral_prospectivity.vae.bundle import MemberBundle


def test_a_map_predicted_in_shards_has_the_bytes_of_the_whole(finished, tmp_path):
    copy = finished.copy(tmp_path)
    path = copy.storage / "07_model_output/small/prediction.tif"
    whole = path.read_bytes()
    path.unlink()

    copy.run("uncertainty", uncertainty={"shards": 3})

    assert path.read_bytes() == whole
    assert len(list(path.parent.glob("prediction_part_*.tif"))) == 3


@pytest.mark.parametrize("shards", [1, 4])
def test_what_predicts_is_a_job_that_reads_no_table(shards):
    pipeline = create_pipeline([(0, 1), (2,)], shards)
    jobs = [node for node in pipeline.nodes if "batch" in node.tags]
    assert len(jobs) == shards
    for node in jobs:
        assert "prediction" in node.tags
        assert not {"cells", "evidence"} & set(node.inputs)
    assert "prediction" in pipeline.all_outputs()


def test_parts_of_many_windows_are_the_map_of_the_ensemble(trained, tmp_path):
    bundles = [MemberBundle.load(trained / f"member_00{number}.safetensors") for number in range(2)]
    grid = make_grid("EPSG:32633", 500.0, (0, 0, 520 * 500, 530 * 500))
    values = np.random.default_rng(0).standard_normal((2, *grid.shape)).astype(np.float32)
    values[:, 500:525, 100:140] = np.nan
    inputs = (
        Raster(grid, bundles[0].header.bands, lambda window: values[:, *window.slices]),
        {"training_data": bundles[0].header.data_digest},
        json.loads((trained / "calibration.json").read_text()),
        GridParameters(crs="EPSG:32633", resolution=500.0),
        EnsembleParameters(),
        *bundles,
    )
    parts = [RasterDataset(filepath=str(tmp_path / f"part_{part}.tif")) for part in range(3)]
    for part, dataset in enumerate(parts):
        dataset.save(predict_part(*inputs, part=part, count=3))
    assembled = assemble_map(inputs[0], *(dataset.load() for dataset in parts))

    np.testing.assert_array_equal(assembled.array(), _whole(predict_map(*inputs)))


def _whole(maps):
    """The map, computed by its windows as a file of it is."""
    whole = np.empty((len(maps.bands), *maps.grid.shape), np.float32)
    for window, values in maps.blocks():
        whole[:, *window.slices] = values
    return whole
