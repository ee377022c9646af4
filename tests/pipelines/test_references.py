"""Published peers and known truths, sampled beside the prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.errors import LayerError
from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.geotiff import write_geotiff
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.parameters import GridParameters
from mineral_prospectivity.pipelines.evaluation.nodes import FIT, sample_references

UTM33, UTM34 = "EPSG:32633", "EPSG:32634"
GRID = make_grid(UTM33, 100.0, (500_000, 5_000_000, 500_400, 5_000_300))


def map_of(grid, *names: str) -> Raster:
    rows, cols = grid.shape
    values = np.arange(len(names) * rows * cols, dtype=np.float32)
    planes = values.reshape(len(names), rows, cols)
    bands = tuple(Band(name) for name in names)
    return Raster(grid, bands, lambda window: planes[(slice(None), *window.slices)])


@pytest.fixture
def peer(tmp_path) -> EvidenceLayer:
    """Return a map in the neighbouring zone of UTM that covers the grid."""
    around = (28_000, 5_017_000, 29_200, 5_018_400)
    write_geotiff(map_of(make_grid(UTM34, 100.0, around), "score"), tmp_path / "peer.tif")
    spec = LayerSpec.declare("survey", kind="continuous")
    return EvidenceLayer(spec, tmp_path / "peer.tif")


def sampled(peer, *, reproject: bool) -> pd.DataFrame:
    cells = np.arange(12)
    x, y = cell_centres(GRID, cells)
    parameters = GridParameters(crs=UTM33, resolution=100.0, reproject=reproject)
    table = pd.DataFrame({"cell": cells, "x": x, "y": y})
    return sample_references(table, map_of(GRID, *FIT), parameters, peer_survey=peer)


def test_a_peer_is_reprojected(peer):
    assert sampled(peer, reproject=True)["peer_survey"].notna().all()


def test_a_peer_that_must_not_be_reprojected(peer):
    with pytest.raises(LayerError) as caught:
        sampled(peer, reproject=False)
    assert str(caught.value) == (
        f"layer 'peer_survey' ({peer.path}): CRS EPSG:32634 is not the grid's, EPSG:32633. "
        "Reproject it, or set grid.reproject: true"
    )
