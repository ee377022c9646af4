"""What files are taken for: kinds, classes, bands, tables, leaks; and what is left out."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.folder import look_at_folder
from mineral_prospectivity.experiments.new import write_experiment

from .small import CRS, FIELD, RNG, drafted, looked, mosaic, raster, sites


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


def test_damaged_attribute_table(folder):
    (folder / "codes.tif.vat.dbf").write_bytes(b"no table")
    raster(folder / "codes.tif", FIELD.astype(np.int16))
    _, left_out = looked(folder)
    assert left_out["codes.tif"].startswith(
        "its attribute table, codes.tif.vat.dbf, cannot be read: "
    )


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
    assert found["soil_cu_ppm"].doubts[-1] == (
        "left out, as nothing measured: 'ID' (an identifier). To take one, name it in column"
    )
    assert found["soil_as"].fields["max_distance"] > 100


def test_a_map_of_rocks_with_a_collection_is_a_map_of_rocks(folder):
    tiles = [shapely.box(x, 5_200_000, x + 8000, 5_236_000) for x in range(500_000, 540_000, 8000)]
    tiles[0] = shapely.GeometryCollection([tiles[0], shapely.LineString(tiles[0].exterior)])
    rocks = {"ROCK": ["shale", "gneiss", "granite", "gneiss", "granite"]}
    gpd.GeoDataFrame(rocks, geometry=tiles, crs=CRS).to_file(folder / "geology.gpkg")
    found, _ = looked(folder)
    assert (found["geology"].fields["kind"], found["geology"].fields["column"]) == (
        "polygons", "ROCK"
    )  # fmt: skip
    assert found["geology"].doubts[0] == "1 of 5 features collect geometries: their polygons count"


def test_a_table_of_scattered_samples_becomes_a_layer_a_column(folder):
    soil = sites(200)[["geometry"]].assign(Cu_ppm=RNG.random(200), Au_ppb=RNG.random(200))
    degrees = soil.to_crs("EPSG:4326").geometry
    at = {"longitude": degrees.x, "latitude": degrees.y}
    soil.drop(columns="geometry").assign(**at).to_csv(folder / "soil.csv", index=False)
    soil.to_file(folder / "points.gpkg")
    found, _ = looked(folder)
    for column, unit in (("Cu_ppm", "ppm"), ("Au_ppb", "ppb")):
        fields = found[f"soil_{column.lower()}"].fields
        as_points = found[f"points_{column.lower()}"].fields
        assert fields == as_points | {
            "kind": "table", "x": "longitude", "y": "latitude", "crs": "EPSG:4326"
        }  # fmt: skip
        assert fields["unit"] == unit


def test_of_very_many_columns_the_first_become_layers(folder):
    table = pd.DataFrame(RNG.random((50, 64)), columns=[f"e{number}_ppm" for number in range(64)])
    at = sites(50).geometry
    table.assign(x=at.x, y=at.y).to_csv(folder / "assay.csv", index=False)
    found, _ = looked(folder)
    taken = [one for name, one in found.items() if name.startswith("assay_")]
    assert len(taken) == 60
    assert taken[0].doubts[-1] == (
        "only 60 of 64 columns were taken, not e60_ppm, e61_ppm, e62_ppm, e63_ppm"
    )


def test_a_table_of_a_lattice_is_one_layer_of_means(folder):
    x, y = (axis.ravel() for axis in np.meshgrid(*(np.arange(40) * 500.0 for _ in range(2))))
    at = {"x": x + 505_000, "y": y + 5_205_000}
    pd.DataFrame(at | {"k": RNG.random(x.size), "th": y}).to_csv(folder / "grid.csv", index=False)
    found, _ = looked(folder)
    assert found["grid"].fields == {"kind": "table"}


def test_numbers_that_measure_nothing_are_left_out_with_the_reason(folder):
    samples = sites(200).assign(
        ID=RNG.permutation(200) + 5000,
        SurveyYear=RNG.integers(1970, 2020, 200),
        MAP_SHEET=7056,
        Lith_code=RNG.integers(1, 5, 200),
        point=np.arange(200)[::-1],
        x=lambda frame: frame.geometry.x,
        y=lambda frame: frame.geometry.y,
        depth=RNG.integers(0, 30, 200),
        cu_ppm=RNG.random(200),
    )
    samples.drop(columns="STATUS").to_file(folder / "chips.gpkg")
    samples.drop(columns=["geometry", "STATUS"]).to_csv(folder / "soil.csv", index=False)
    found, _ = looked(folder)
    assert [name for name in found if name.startswith("chips")] == ["chips_depth", "chips_cu_ppm"]
    assert [name for name in found if name.startswith("soil")] == ["soil_depth", "soil_cu_ppm"]
    why = (
        "left out, as nothing measured: 'ID' (an identifier), 'SurveyYear' (a date), 'MAP_SHEET' "
        "(a map sheet), 'Lith_code' (codes of classes), 'point' (numbers of the rows)"
    )
    assert any(doubt.startswith(why) for doubt in found["soil_depth"].doubts)
    assert any(doubt.startswith(why) for doubt in found["chips_depth"].doubts)


def test_samples_far_apart_are_doubted(folder):
    for name, count in (("chips", 30), ("dense", 400)):
        sites(count)[["geometry"]].assign(cu=RNG.random(count)).to_file(folder / f"{name}.gpkg")
    found = {one.name: one for one in drafted(folder).layers}
    assert found["chips_cu"].doubts[-1].startswith("samples lie in 0.5% of the cells, about 6.9 km")
    assert not any("of the cells" in doubt for doubt in found["dense_cu"].doubts)


def test_a_table_has_the_unit_that_all_its_columns_share(folder):
    table = pd.DataFrame({"x": RNG.uniform(5e5, 5.4e5, 9), "y": 5.21e6, "Cu": RNG.random(9)})
    table = table.rename(columns={"Cu": "Cuppm"}).assign(As_ppm=table["Cu"])
    table.to_csv(folder / "soil.csv", index=False)
    table.assign(Au_ppb=table["As_ppm"]).to_csv(folder / "rocks.csv", index=False)
    found, _ = looked(folder)
    assert found["soil"].fields["unit"] == "ppm"
    assert "unit" not in found["rocks"].fields
    assert "its columns differ in unit, and a layer has one: " in found["rocks"].doubts[0]


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
    for name in ("soil_cu_ppm", "rocks_cu_ppm"):
        assert (found[name].fields["column"], found[name].fields["nodata"]) == ("Cu_ppm", -9999.0)
        assert f"nodata: -9999, {why}" in found[name].doubts[0]
        assert any(doubt.startswith(text) for doubt in found[name].doubts)
        assert np.nanmin(found[name].picture["Cu_ppm"]) > 0


def test_samples_below_the_limit_of_detection_are_doubted(folder):
    samples = sites(200).drop(columns="STATUS").assign(Cu_ppm=RNG.uniform(1, 50, 200))
    samples.loc[:19, "Cu_ppm"] = -1.0
    samples.to_file(folder / "soil.geojson")
    x, y = samples.geometry.x, samples.geometry.y
    samples.drop(columns="geometry").assign(x=x, y=y).to_csv(folder / "rocks.csv", index=False)
    found, _ = looked(folder)
    for name in ("soil_cu_ppm", "rocks_cu_ppm"):
        assert "10 % of the values are -1 and no other is negative" in found[name].doubts[0]
        assert "nodata" not in found[name].fields


def test_classes_that_a_run_would_take_for_one_are_doubted(folder):
    tiles = [shapely.box(x, 5_200_000, x + 8000, 5_236_000) for x in range(500_000, 540_000, 8000)]
    rocks = {"ROCK": ["Shale", "shale ", "granite", "gneiss", "granite"]}
    gpd.GeoDataFrame(rocks, geometry=tiles, crs=CRS).to_file(folder / "geology.gpkg")
    found, _ = looked(folder)
    assert found["geology"].doubts[0] == (
        "classes 'Shale' and 'shale ' would give bands of one name. Rename one in column 'ROCK' "
        "of the file"
    )


def test_the_layer_that_limits_the_map_is_named(folder):
    samples = {"x": [505_000.0, 533_000.0], "y": [5_203_000.0, 5_233_000.0], "cu": [1.0, 2.0]}
    pd.DataFrame(samples).to_csv(folder / "soil.csv", index=False)
    bounds = drafted(folder).bounds
    assert bounds.why == (
        "null takes what all layers share, 58% of the largest; the smallest is soil"
    )
    assert bounds.doubt is None


def test_a_table_that_loses_two_of_three_columns_is_drawn(folder, tmp_path):
    arsenic = np.where(np.arange(200) < 12, "<0.5", "1.5")
    samples = sites(200).drop(columns="STATUS").assign(Cu=RNG.random(200), Pb=2.0, As=arsenic)
    x, y = samples.geometry.x, samples.geometry.y
    samples.drop(columns="geometry").assign(x=x, y=y).to_csv(folder / "soil.csv", index=False)
    (tmp_path / "conf").mkdir()
    draft = drafted(folder)
    (soil,) = (one for one in draft.layers if one.path.name == "soil.csv")
    assert (soil.name, soil.fields["column"]) == ("soil_cu", "Cu")
    assert "left out, the same at all points: 'Pb'" in soil.doubts
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
    mines = next(one for one in drafted(folder).layers if one.name == "mines_tonnage")
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


def test_a_table_with_exchanged_coordinates_is_named_with_the_cause(folder):
    x, y = RNG.uniform(501_000, 539_000, 50), RNG.uniform(5_201_000, 5_235_000, 50)
    table = pd.DataFrame({"easting": y, "northing": x, "cu": RNG.random(50)})
    table.to_csv(folder / "soil.csv", index=False)
    raster(folder / "magnetics.tif", FIELD + 1)
    with pytest.raises(ConfigurationError) as error:
        drafted(folder)
    *layers, soil, remedy = str(error.value).splitlines()
    assert soil.endswith(". Exchanged x and y would explain it: correct them")
    assert not any("explain" in line for line in layers)
    assert remedy.startswith("soil.csv names no CRS (the grid's is assumed): save it as GeoPack")


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


def test_a_folder_without_layers(tmp_path):
    (tmp_path / "scan.kml").write_text("")
    with pytest.raises(ConfigurationError) as error:
        look_at_folder(tmp_path, tmp_path / "deposits.gpkg")
    assert "holds no layer. It takes .tif, " in str(error.value)
    assert str(error.value).endswith("  - scan.kml: KML: save it as GeoPackage")


def test_samples_without_coordinates_are_left_out_in_words(folder):
    pd.DataFrame({"x": [5e5, None], "y": [5.2e6, 5.2e6], "Cu": [1.0, 2.0]}).to_csv(
        folder / "soil.csv", index=False
    )
    _, left_out = looked(folder)
    assert left_out["soil.csv"] == (
        "1 of 2 samples have coordinates that are not finite (row 2). Repair or remove them"
    )
