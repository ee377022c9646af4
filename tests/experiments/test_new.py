"""Writing an experiment: names, given values, raw files, and failures half-way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from rasterio.shutil import copy

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.area import as_layer
from mineral_prospectivity.experiments.configuration import files_of
from mineral_prospectivity.experiments.draft import draft_experiment
from mineral_prospectivity.experiments.new import require_new, write_experiment
from mineral_prospectivity.experiments.place import Blocks, Choice
from mineral_prospectivity.labels import select_deposits
from mineral_prospectivity.parameters import GridParameters, validate_parameters
from mineral_prospectivity.pipelines.data_engineering.declared import declared_grid

from .small import CRS, FIELD, drafted, mosaic, raster, sites

PROJECT = Path(__file__).parents[2]


def test_raw_files_can_be_opened_when_the_originals_are_gone(folder, tmp_path):
    (folder / "tiles").mkdir()
    raster(folder / "tiles/a.tif", 2 * FIELD)
    mosaic(folder / "tiles/inner.vrt", "a.tif")
    mosaic(folder / "potassium.vrt", "tiles/inner.vrt")
    raster(tmp_path / "thorium.tif", FIELD + 3)
    (folder / "thorium.tif").symlink_to("../thorium.tif")
    raster(tmp_path / "uranium.tif", FIELD**2)
    copy(tmp_path / "uranium.tif", folder / "uranium.ers", driver="ERS")
    (tmp_path / "conf").mkdir()
    draft = drafted(folder)
    assert {one.name for one in draft.layers} == {"gravity_mgal", "potassium", "thorium", "uranium"}
    assert draft.left_out == ()
    write_experiment(draft, tmp_path / "conf", tmp_path / "reports")
    shutil.rmtree(folder)
    (tmp_path / "thorium.tif").unlink()
    for name, values in (
        ("potassium.vrt", 2 * FIELD),
        ("thorium.tif", FIELD + 3),
        ("uranium.ers", FIELD**2),
    ):
        with rasterio.open(tmp_path / "raw" / name) as file:
            assert np.allclose(file.read(1), values, rtol=1e-6)
    assert [path.name for path in (tmp_path / "raw/deposits").iterdir()] == ["deposits.gpkg"]


def test_two_files_for_one_place_are_refused(folder, tmp_path):
    (folder / "deposits").mkdir()
    sites().to_file(folder / "deposits/deposits.gpkg")
    (tmp_path / "conf").mkdir()
    with pytest.raises(ConfigurationError, match=r"would go to one place in .*raw\. Rename one"):
        write_experiment(drafted(folder), tmp_path / "conf", tmp_path / "reports")


def test_given_values_win(folder):
    draft = drafted(folder, crs="EPSG:32634", resolution=1000.0)
    assert (draft.crs.value, draft.crs.why) == ("EPSG:32634", "given")
    assert (draft.resolution.value, draft.resolution.why) == (1000.0, "given")
    assert draft.resolution.doubt.endswith(" cells: try a finer grid")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"bounds": (540_000, 5_200_000, 500_000, 5_236_000), "crs": "EPSG:32633"},
            "grid.bounds: (540000, 5200000, 500000, 5236000) enclose nothing; give west, south, ",
        ),
        ({"crs": "EPSG:4326"}, "grid.crs: EPSG:4326 is geographic (degrees); areas and distances"),
    ],
)
def test_what_cannot_be_is_told_before_any_file_is_opened(tmp_path, given, said):
    nowhere = tmp_path / "nowhere"
    with pytest.raises(ConfigurationError) as caught:
        draft_experiment("lake", nowhere, nowhere, nowhere, **given)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (
            (5_200_000, 500_000, 5_236_000, 540_000),
            "grid.bounds: 5200000..5236000 by 500000..540000 meet no layer; in EPSG:32633 the "
            "layers cover 500000..540000 by 5200000..5236000. Exchanged x and y would explain it: "
            "correct them",
        ),
        (
            (0, 5_200_000, 40_000, 5_236_000),
            "grid.bounds: 0..40000 by 5200000..5236000 meet no layer; in EPSG:32633 the layers "
            "cover 500000..540000 by 5200000..5236000. Are they in another CRS?",
        ),
        (
            (15.0, 47.0, 15.5, 47.2),
            "grid.bounds: (15.0, 47.0, 15.5, 47.2) look like degrees. Give west, south, east, "
            "north in the metres of EPSG:32633: 500000 5205164 538013 5227511",
        ),
    ],
)
def test_bounds_that_no_layer_meets_are_told_with_the_cause(folder, bounds, said):
    with pytest.raises(ConfigurationError) as caught:
        drafted(folder, bounds=bounds)
    assert str(caught.value) == said


@pytest.mark.parametrize("given", [{}, {"bounds": (500_000, 5_200_000, 540_000, 5_236_000)}])
def test_no_evidence_is_left(folder, given):
    (folder / "gravity_mgal.tif").rename(folder / "prospectivity.tif")
    with pytest.raises(ConfigurationError, match=r"^no evidence is left: every layer found is a "):
        drafted(folder, **given)


def test_deposits_are_looked_at_on_the_grid_of_a_run(folder):
    """The layers begin at 500 km east, and whole cells of 3 km at 501."""
    path = folder.parent / "deposits.gpkg"
    edge = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500_100], [5_220_000]), crs=CRS)
    known = gpd.GeoDataFrame(pd.concat([gpd.read_file(path), edge], ignore_index=True))
    known.to_file(path)
    draft = drafted(folder, resolution=3000.0)
    layers = [as_layer(one, CRS) for one in draft.layers]
    grid = declared_grid(GridParameters(crs=CRS, resolution=3000.0), layers)
    _, report = select_deposits(known, grid)
    assert len(report["outside"]) > 0
    assert any(
        doubt.startswith(f"{len(report['outside'])} of {len(known)} lie outside the grid")
        for doubt in draft.deposits.doubts
    )


def test_bounds_in_another_order_are_doubted(folder):
    draft = drafted(folder, bounds=(500_000, 540_000, 5_200_000, 5_236_000), resolution=5000.0)
    assert draft.bounds.doubt == (
        "layers reach over 0.0% of them: are they west, south, east, north, in EPSG:32633?"
    )


def test_a_crs_made_for_another_region_is_doubted(folder):
    assert drafted(folder, crs="EPSG:32634", resolution=1000.0).crs.doubt is None
    assert drafted(folder, crs="32636", resolution=1000.0).crs == Choice(
        "EPSG:32636",
        "given",
        "EPSG:32636 is made for longitudes 30 to 36 and latitudes 0 to 84; the map lies at 15, 47, "
        "where its distances and areas are wrong. Take the CRS of the region",
    )


@pytest.mark.parametrize(
    ("resolution", "context"), [(500.0, 4000.0), (3000.0, 10_000.0), (15_000.0, None)]
)
def test_the_context_stays_within_a_block(folder, resolution, context):
    draft = drafted(folder, resolution=resolution)
    draft = replace(draft, blocks=Choice(Blocks(5, 20_000.0, 2000.0), "given"))
    parameters = yaml.safe_load(files_of(draft)["parameters.yml"])
    assert parameters["grid"]["context"] == context
    validate_parameters({"experiment": "lake"} | parameters)


@pytest.mark.parametrize("name", ["base", "1lake", "a+b", "a/b"])
def test_names_that_cannot_be(name, tmp_path):
    with pytest.raises(ConfigurationError, match="cannot name an experiment"):
        require_new(name, tmp_path, force=False)


@pytest.mark.parametrize("name", ["aws", "paper", "brownfield"])
def test_an_overlay_is_never_made_an_experiment(name):
    with pytest.raises(ConfigurationError, match=rf"conf/{name} is an overlay: "):
        require_new(name, PROJECT / "conf", force=True)


def test_an_experiment_is_written_anew_only_by_force():
    require_new("cloncurry", PROJECT / "conf", force=True)
    with pytest.raises(ConfigurationError, match="exists already"):
        require_new("cloncurry", PROJECT / "conf", force=False)


def test_nothing_is_configured_when_the_disk_fails(folder, tmp_path, monkeypatch):
    conf = tmp_path / "conf"
    conf.mkdir()

    def full(pairs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mineral_prospectivity.experiments.new.bring", full)
    with pytest.raises(OSError, match="No space left"):
        write_experiment(drafted(folder), conf, tmp_path / "reports")
    assert list(conf.iterdir()) == []


def test_force_writes_its_own_files_anew_and_no_others(folder, tmp_path):
    conf = tmp_path / "conf"
    conf.mkdir()
    write_experiment(drafted(folder), conf, tmp_path / "reports")
    (conf / "lake/sources.yml").write_text("kept: true")
    (conf / "lake/parameters.yml").write_text("changed: true")
    write_experiment(drafted(folder), conf, tmp_path / "reports")
    assert (conf / "lake/sources.yml").read_text() == "kept: true"
    assert "resolution: 500.0" in (conf / "lake/parameters.yml").read_text()
    assert sorted(path.name for path in conf.iterdir()) == ["lake"]
    raw = tmp_path / "raw/gravity_mgal.tif"
    assert raw.samefile(folder / "gravity_mgal.tif")


@pytest.mark.parametrize(("method", "at"), [("write_text", "parameters.yml"), ("rename", "whole")])
def test_force_that_fails_leaves_the_configuration_as_it_was(
    folder, tmp_path, monkeypatch, method, at
):
    conf = tmp_path / "conf"
    conf.mkdir()
    write_experiment(drafted(folder), conf, tmp_path / "reports")
    own = {path.name: "changed: true" for path in (conf / "lake").iterdir()}
    for name, text in own.items():
        (conf / "lake" / name).write_text(text)
    before = getattr(Path, method)

    def full(self, *arguments, **options):
        if self.name == at:
            raise OSError(28, "No space left on device")
        return before(self, *arguments, **options)

    monkeypatch.setattr(Path, method, full)
    with pytest.raises(OSError, match="No space left"):
        write_experiment(drafted(folder), conf, tmp_path / "reports")
    assert {path.name: path.read_text() for path in (conf / "lake").iterdir()} == own
    assert [path.name for path in conf.iterdir()] == ["lake"]
