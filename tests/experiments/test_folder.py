"""What files are taken for: kinds, classes, bands, tables, leaks; and what is left out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
from affine import Affine
from rasterio.shutil import copy

from mineral_prospectivity.datasets.vector import VectorDataset
from mineral_prospectivity.errors import ConfigurationError, DepositError
from mineral_prospectivity.experiments.configuration import files_of
from mineral_prospectivity.experiments.deposits import look_at_deposits
from mineral_prospectivity.experiments.draft import draft_experiment
from mineral_prospectivity.experiments.folder import look_at_folder
from mineral_prospectivity.experiments.new import require_new, write_experiment
from mineral_prospectivity.experiments.place import Blocks, Choice
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.labels import select_deposits
from mineral_prospectivity.parameters import validate_parameters

PROJECT = Path(__file__).parents[2]
CRS = "EPSG:32633"
TRANSFORM = Affine.translation(500_000, 5_236_000) @ Affine.scale(500, -500)
RNG = np.random.default_rng(1)
FIELD = RNG.standard_normal((72, 80))


def raster(path, *bands, crs=CRS, dtype="float32", transform=TRANSFORM, **profile):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=72,
        width=80,
        count=len(bands),
        dtype=dtype,
        crs=crs,
        transform=transform,
        **profile,
    ) as file:
        for number, values in enumerate(bands, start=1):
            file.write(values.astype(dtype), number)


def sites(count=40):
    points = shapely.points(
        RNG.uniform(501_000, 539_000, count), RNG.uniform(5_201_000, 5_235_000, count)
    )
    return gpd.GeoDataFrame(
        {"STATUS": np.resize(["Mine", "Prospect"], count), "ID": np.arange(count)},
        geometry=points,
        crs=CRS,
    )


@pytest.fixture
def folder(tmp_path):
    """Return a folder with deposits beside it and one ordinary layer."""
    layers = tmp_path / "layers"
    layers.mkdir()
    raster(layers / "gravity_mgal.tif", FIELD)
    sites().to_file(tmp_path / "deposits.gpkg")
    return layers


def looked(folder):
    found, left_out = look_at_folder(folder, folder.parent / "deposits.gpkg")
    return {one.name: one for one in found}, {one.path.name: one.why for one in left_out}


def drafted(folder, **given):
    return draft_experiment(
        "lake", folder, folder.parent / "deposits.gpkg", folder.parent / "raw", **given
    )


def test_rasters_of_few_integers_are_classes(folder):
    codes = np.digitize(FIELD, [-1, 0, 1])
    raster(folder / "lithology.tif", codes, dtype="uint8")
    raster(folder / "fault_rank.tif", codes + 3.0)
    raster(folder / "formation.tif", np.round(200 + 20 * FIELD), dtype="int16")
    found, _ = looked(folder)
    assert {name: one.fields["kind"] for name, one in found.items()} == {
        "gravity_mgal": "continuous",
        "lithology": "categorical",
        "fault_rank": "categorical",
        "formation": "categorical",
    }
    assert found["lithology"].doubts == ()
    assert found["lithology"].guesses[1].startswith("the codes have no names: 'classes: {3: ")
    assert found["fault_rank"].doubts == (
        "if its numbers are ranks, counts or amounts, declare kind: continuous and ordinal: true",
    )
    assert found["gravity_mgal"].fields["unit"] == "mGal"
    assert found["gravity_mgal"].fields["derive"] == ["gradient"]


def test_every_band_is_a_layer_unless_they_are_a_picture(folder):
    raster(folder / "radiometrics.tif", FIELD + 1, FIELD + 2, nodata=-1e5)
    raster(folder / "photo.tif", *3 * [abs(50 * FIELD)], dtype="uint8", photometric="RGB")
    found, left_out = looked(folder)
    assert [found[f"radiometrics_{band}"].fields["band"] for band in (1, 2)] == [1, 2]
    assert left_out == {
        "photo.tif": "is a picture in colours (red, green, blue), not measured values"
    }


def test_what_says_nothing_or_repeats_another_is_left_out(folder):
    raster(folder / "flat.tif", np.full_like(FIELD, 3))
    raster(folder / "empty.tif", np.full_like(FIELD, np.nan))
    shutil.copy(folder / "gravity_mgal.tif", folder / "z_copy.tif")
    (folder / "broken.tif").write_bytes(b"no raster")
    (folder / "table.xlsx").write_bytes(b"")
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    (folder / "header.CSV").write_text("x,y,cu\n")
    (folder / "cut.parquet").write_bytes(b"PAR1")
    found, left_out = looked(folder)
    assert list(found) == ["gravity_mgal"]
    assert left_out.pop("broken.tif").startswith("cannot be read as a raster: ")
    assert left_out.pop("cut.parquet").startswith("cannot be read as a table: ")
    assert left_out.pop("header.CSV") == "has no rows. Give one for each sample"
    assert left_out == {
        "flat.tif": "is constant: every value is 3",
        "empty.tif": "has no value",
        "z_copy.tif": "shows exactly what gravity_mgal.tif shows",
        "table.xlsx": "a spreadsheet: save it as CSV",
        "notes.csv": "has no two columns of coordinates among a, b. Name them x and y, easting "
        "and northing, or longitude and latitude",
    }


def test_maps_of_models_are_only_compared_with(folder):
    raster(folder / "Prospectivity_2015.tif", FIELD)
    found, _ = looked(folder)
    assert found["prospectivity_2015"].use == "peer"


def test_points_with_values_become_a_layer_a_column(folder):
    samples = sites(200).drop(columns="STATUS").assign(Cu_ppm=RNG.random(200), As=RNG.random(200))
    samples.to_file(folder / "soil.geojson")
    found, _ = looked(folder)
    assert found["soil_cu_ppm"].fields | {"max_distance": 0} == {
        "kind": "points",
        "column": "Cu_ppm",
        "max_distance": 0,
        "unit": "ppm",
    }
    assert "soil_id" not in found
    assert found["soil_as"].fields["max_distance"] > 100


def test_samples_that_hide_nodata_or_text(folder):
    copper, arsenic = np.array([*RNG.random(150), *50 * [-9999.0]]), np.array(200 * ["1.5"], "O")
    arsenic[:12], arsenic[12:20] = "<0.5", "2"
    samples = sites(200).drop(columns="STATUS").assign(Cu_ppm=copper, As=arsenic)
    samples.to_file(folder / "soil.geojson")
    x, y = samples.geometry.x, samples.geometry.y
    samples.drop(columns="geometry").assign(x=x, y=y).to_csv(folder / "rocks.CSV", index=False)
    found, _ = looked(folder)
    assert not any("_as" in name for name in found)
    why = "since 25 % of the values are -9999, which often means none, and all others lie far"
    text = "left out: column 'As' holds text in 12 of 200 rows, e.g. '<0.5'. Replace it by a number"
    for name in ("soil_cu_ppm", "rocks"):
        assert (found[name].fields["column"], found[name].fields["nodata"]) == ("Cu_ppm", -9999.0)
        assert f"nodata: -9999, {why}" in found[name].doubts[0]
        assert any(doubt.startswith(text) for doubt in found[name].doubts)
        assert np.nanmin(found[name].picture["Cu_ppm"]) > 0


def test_a_table_that_loses_one_of_three_columns_is_drawn(folder, tmp_path):
    arsenic = np.where(np.arange(200) < 12, "<0.5", "1.5")
    samples = sites(200).drop(columns="STATUS").assign(Cu=RNG.random(200), Pb=2.0, As=arsenic)
    x, y = samples.geometry.x, samples.geometry.y
    samples.drop(columns="geometry").assign(x=x, y=y).to_csv(folder / "soil.csv", index=False)
    (tmp_path / "conf").mkdir()
    draft = drafted(folder)
    soil = next(one for one in draft.layers if one.name == "soil")
    assert soil.fields["column"] == ["Cu", "Pb"]
    assert any(doubt.startswith("left out: column 'As' holds text") for doubt in soil.doubts)
    assert write_experiment(draft, tmp_path / "conf", tmp_path / "reports").exists()


def test_deposits_among_the_layers_are_switched_off(folder):
    gpd.read_file(folder.parent / "deposits.gpkg")[["geometry"]].to_file(folder / "mines.shp")
    draft = drafted(folder)
    mines = next(one for one in draft.layers if one.name == "mines")
    assert mines.use == "off"
    assert mines.doubts[0] == (
        "100% of the deposits lie on its points, so it would tell the answer: switched off"
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_deposits_in_a_table_are_switched_off(folder, suffix, crs):
    mines = gpd.read_file(folder.parent / "deposits.gpkg").to_crs(crs)
    names = ("easting", "northing") if crs == CRS else ("longitude", "latitude")
    at = dict(zip(names, (mines.geometry.x, mines.geometry.y), strict=True))
    table = pd.DataFrame(at | {"tonnage": RNG.random(len(mines))})
    write = table.to_csv if suffix == ".csv" else table.to_parquet
    write(folder / f"mines{suffix}", index=False)
    mines = next(one for one in drafted(folder).layers if one.name == "mines")
    assert (mines.fields["kind"], mines.use) == ("table", "off")
    assert mines.doubts[0].startswith("100% of the deposits lie on its points")


def test_a_table_of_every_cell_is_evidence_though_deposits_lie_on_its_points(folder):
    x, y = (axis.ravel() for axis in np.meshgrid(*(np.arange(40) * 500.0 for _ in range(2))))
    table = pd.DataFrame({"x": x + 505_000, "y": y + 5_205_000, "k": RNG.random(x.size)})
    table.drop(RNG.choice(x.size, 300, replace=False)).to_csv(folder / "cells.csv", index=False)
    snapped = table.iloc[RNG.choice(x.size, 40, replace=False)]
    points = gpd.points_from_xy(snapped["x"], snapped["y"], crs=CRS)
    gpd.GeoDataFrame(geometry=points).to_file(folder.parent / "deposits.gpkg")
    cells = next(one for one in drafted(folder).layers if one.name == "cells")
    assert cells.use == "layer"


def test_one_intrusion_does_not_clip_the_map(folder):
    intrusion = shapely.box(510_000, 5_210_000, 512_000, 5_212_000)
    gpd.GeoDataFrame(geometry=[intrusion], crs=CRS).to_file(folder / "intrusion.gpkg")
    assert drafted(folder).bounds.doubt is None


def test_a_raster_without_a_crs_that_misses_the_others_is_named(folder):
    at = Affine.translation(15.0, 47.2) @ Affine.scale(0.005, -0.005)
    raster(folder / "potassium.tif", FIELD + 1, crs=None, transform=at)
    with pytest.raises(ConfigurationError) as error:
        drafted(folder)
    assert str(error.value).startswith("the layers share no cell; check their CRS")
    assert str(error.value).endswith(
        "\npotassium.tif names no CRS (the grid's is assumed): add one, such as a .prj beside it, "
        "or leave it out"
    )


def test_tables_name_their_coordinates(folder):
    table = pd.DataFrame({"Longitude": [15.1, 15.2], "Latitude": [47.0, 47.1], "Au_ppb": [1, 5.5]})
    table.to_csv(folder / "rocks.csv", index=False)
    found, _ = looked(folder)
    assert found["rocks"].fields == {
        "kind": "table",
        "x": "Longitude",
        "y": "Latitude",
        "column": "Au_ppb",
        "unit": "ppb",
        "crs": "EPSG:4326",
    }


def test_layers_of_a_geopackage_and_names_that_repeat(folder):
    lines = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(500_000, 5_200_000), (510_000, 5_210_000)])], crs=CRS
    )
    for layer in ("faults", "Gravity mGal"):
        lines.to_file(folder / "structure.gpkg", layer=layer)
    found, _ = looked(folder)
    assert found["faults"].fields == {"kind": "lines", "file_layer": "faults"}
    assert set(found) == {"gravity_mgal", "faults", "gravity_mgal_2"}


def test_everything_that_is_no_layer_and_belongs_to_none_is_left_out(folder):
    for name in ("climate.nc", "readme.txt", "gravity_mgal.qml", "gravity_mgal.tif.aux.xml"):
        (folder / name).write_text("")
    for name in ("survey.gdb/a00000001.gdbtable", "arrays/features.npy", "arrays/notes.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "old").symlink_to(folder.parent, target_is_directory=True)
    _, left_out = looked(folder)
    assert left_out.pop("arrays").startswith("there is no features_metadata.json")
    assert left_out == {
        "climate.nc": "NetCDF: save its variables as GeoTIFF",
        "readme.txt": "in no format of layers: if it is one, save it as GeoTIFF, GeoPackage or CSV",
        "survey.gdb": "an Esri geodatabase: export its layers to GeoPackage",
        "notes.csv": "in a folder with features.npy, which is a layer as a whole: move it out",
        "old": "a link to a folder, or to nothing: put the files themselves there",
    }


def test_deposits_among_the_layers_are_not_called_left_out(folder):
    gpd.read_file(folder.parent / "deposits.gpkg").to_file(folder / "mines.shp")
    found, left_out = look_at_folder(folder, folder / "mines.shp")
    assert ([one.name for one in found], left_out) == (["gravity_mgal"], [])


def mosaic(path, *tiles):
    """Write a virtual raster that shows its tiles, named as seen from it."""
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">{tile}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource>"
        for tile in tiles
    )
    place = ",".join(map(str, TRANSFORM.to_gdal()))
    path.write_text(
        f'<VRTDataset rasterXSize="80" rasterYSize="72"><SRS>{CRS}</SRS>'
        f"<GeoTransform>{place}</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1">{sources}</VRTRasterBand></VRTDataset>'
    )


def test_a_virtual_raster_of_files_outside_the_folder_is_left_out(folder):
    (folder.parent / "tiles").mkdir()
    raster(folder.parent / "tiles/a.tif", FIELD)
    mosaic(folder / "potassium.vrt", "gravity_mgal.tif", "../tiles/a.tif")
    found, left_out = looked(folder)
    assert list(found) == ["gravity_mgal"]
    assert left_out == {
        "potassium.vrt": "consists of files outside the folder (../tiles/a.tif): give the folder "
        "that holds them all"
    }


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


def test_a_folder_without_layers(tmp_path):
    (tmp_path / "scan.kml").write_text("")
    with pytest.raises(ConfigurationError) as error:
        look_at_folder(tmp_path, tmp_path / "deposits.gpkg")
    assert "holds no layer. It takes .tif, " in str(error.value)
    assert str(error.value).endswith("  - scan.kml: KML: save it as GeoPackage")


def test_attributes_that_could_choose_deposits(folder):
    found = look_at_deposits(folder.parent / "deposits.gpkg")
    assert found.filters == {"STATUS": {"Mine": 20, "Prospect": 20}}


def test_lines_are_no_deposits(tmp_path):
    line = shapely.LineString([(0, 0), (1, 1)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(tmp_path / "faults.gpkg")
    with pytest.raises(DepositError, match="holds LineString, which marks no deposit"):
        look_at_deposits(tmp_path / "faults.gpkg")


def test_a_geodatabase_of_deposits(tmp_path):
    (tmp_path / "mines.gdb").mkdir()
    with pytest.raises(DepositError, match="Export a geodatabase's layer to GeoPackage"):
        look_at_deposits(tmp_path / "mines.gdb")


def test_deposits_in_a_table_of_capital_letters(tmp_path):
    table = pd.DataFrame({"X": [500_000.0, 501_000.0], "Y": [5_200_000.0, 5_201_000.0]})
    table.to_csv(tmp_path / "DEPOSITS.CSV", index=False)
    assert look_at_deposits(tmp_path / "DEPOSITS.CSV").fields == {"x": "X", "y": "Y"}


def test_deposits_without_coordinates_in_a_table_are_left_out(folder):
    table = sites(30).assign(x=lambda frame: frame.geometry.x, y=lambda frame: frame.geometry.y)
    table.loc[15, ["x", "y"]] = np.nan
    path = folder.parent / "deposits.csv"
    table.drop(columns="geometry").to_csv(path, index=False)
    draft = draft_experiment("lake", folder, path, folder.parent / "raw")
    assert len(draft.deposits.frame) == 29
    assert "no geometry in row 16; they are left out" in draft.deposits.doubts
    loaded = VectorDataset(filepath=str(path), crs=CRS).load()
    grid = make_grid(CRS, 500.0, (500_000, 5_200_000, 540_000, 5_236_000))
    kept, report = select_deposits(loaded, grid)
    assert (len(kept), report["without_geometry"]) == (29, [15])


def test_deposits_far_from_the_layers_are_doubted_by_their_row(folder):
    places = sites(30).to_crs("EPSG:4326").geometry
    table = pd.DataFrame({"longitude": places.x, "latitude": places.y})
    table.loc[3] = np.nan
    table.loc[15] = table.loc[15].to_numpy()[::-1]
    path = folder.parent / "deposits.csv"
    table.to_csv(path, index=False)
    draft = draft_experiment("lake", folder, path, folder.parent / "raw")
    assert draft.deposits.doubts[-1] == (
        "1 of 29 lie outside the grid (row 16), so a run leaves them out. Are their coordinates "
        "right, or exchanged?"
    )


def test_deposits_at_infinity_are_refused(tmp_path):
    points = sites(3).geometry.tolist()
    points[1] = shapely.Point(500_000, np.inf)
    frame = gpd.GeoDataFrame(geometry=points, crs=CRS, index=["a", "b", "c"])
    frame.to_parquet(tmp_path / "deposits.parquet")
    with pytest.raises(DepositError, match="no finite coordinates in row 2; correct or remove"):
        look_at_deposits(tmp_path / "deposits.parquet")


def test_samples_without_coordinates_are_left_out_in_words(folder):
    pd.DataFrame({"x": [5e5, None], "y": [5.2e6, 5.2e6], "Cu": [1.0, 2.0]}).to_csv(
        folder / "soil.csv", index=False
    )
    _, left_out = looked(folder)
    assert left_out["soil.csv"] == (
        "1 of 2 samples have coordinates that are not finite (row 2). Repair or remove them"
    )


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("", "has no rows. Give one for each sample"),
        ('"500010,5","5200000,5"\n', "column 'x' holds text in 1 of 1 rows, e.g. '500010,5'. Wr"),
    ],
)
def test_deposits_in_a_table_that_cannot_be_used(tmp_path, rows, problem):
    path = tmp_path / "deposits.csv"
    path.write_text("x,y\n" + rows)
    with pytest.raises(DepositError) as error:
        look_at_deposits(path)
    assert str(error.value).startswith(f"{path}: {problem}")


def test_given_values_win(folder):
    draft = drafted(folder, crs="EPSG:32634", resolution=1000.0)
    assert (draft.crs.value, draft.crs.why) == ("EPSG:32634", "given")
    assert draft.resolution.value == 1000.0


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


def test_prospects_are_doubted_and_mines_are_not(folder):
    doubts = look_at_deposits(folder.parent / "deposits.gpkg").doubts

    assert doubts == (
        "STATUS: 20 are 'Prospect': do they count? See labels.include in parameters.yml",
    )
