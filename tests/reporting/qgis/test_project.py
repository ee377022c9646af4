"""The project file: what QGIS reads from it, without QGIS."""

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath

import pytest

from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.reporting import qgis


def layers(root):
    return {layer.findtext("id"): layer for layer in root.findall("projectlayers/maplayer")}


def leaves(root):
    return root.findall("layer-tree-group//layer-tree-layer")


def test_the_same_inputs_give_the_same_bytes(project, packed):
    assert qgis.project_file(replace(project)) == packed
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        (entry,) = archive.infolist()
    assert (entry.filename, entry.date_time) == ("small.qgs", (1980, 1, 1, 0, 0, 0))


def test_the_tree_holds_every_layer_once_in_the_order_of_drawing(unpacked):
    keys = [leaf.get("id") for leaf in leaves(unpacked)]

    assert len(keys) == len(set(keys))
    assert set(keys) == set(layers(unpacked))
    assert keys == [layer.get("id") for layer in unpacked.findall("layerorder/layer")]
    assert min(map(len, keys)) > 10  # QGIS replaces shorter ones


def test_legends_of_rasters_begin_with_their_values(unpacked):
    """The first node says 'Band 1 (Gray)'; the others are the stops or the categories."""
    order = {
        leaf.get("id"): leaf.find("customproperties/Option/Option[@name='legend/node-order']")
        for leaf in leaves(unpacked)
    }

    assert order["features_targets"] is None
    assert order["surface_risk_return"].get("value") == "1,2,3,4"
    assert order["surface_novelty"].get("value") == "1,2,3,4,5,6"


def test_pages_say_how_their_map_is_read(unpacked):
    for page in unpacked.findall("Layouts/Layout"):
        (text,) = (i.get("labelText") for i in page.iter("LayoutItem") if i.get("id") == "reading")
        assert text in {one.reading for one in qgis.MAPS}


def test_groups_stand_in_the_order_of_questions(unpacked):
    names = [group.get("name") for group in unpacked.iter("layer-tree-group")]

    assert names[1:] == [
        "Targets", "Known deposits", "Maps, one at a time", "Prospectivity", "Risk and return",
        "Uncertainty", "Evidence",
    ]  # fmt: skip


def test_paths_are_relative_and_exist(unpacked, folder):
    sources = {layer.findtext("datasource") for layer in layers(unpacked).values()}

    for source in sources:
        path = PurePosixPath(source.split("|")[0])
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert (folder / path).is_file()
    assert unpacked.findtext("properties/Paths/Absolute") == "false"


def test_few_layers_are_on_and_maps_hide_each_other(unpacked):
    checked = {leaf.get("id") for leaf in leaves(unpacked) if leaf.get("checked") == "Qt::Checked"}
    surfaces = next(g for g in unpacked.iter("layer-tree-group") if "one at" in g.get("name", ""))
    on = [
        group.get("name")
        for group in surfaces.findall("layer-tree-group")
        if group.get("checked") == "Qt::Checked"
    ]

    assert {"features_targets", "features_deposits", "surface_probability"} <= checked
    assert on == ["Prospectivity"]
    assert surfaces.get("mutually-exclusive") == "1"
    assert all(
        group.get("mutually-exclusive") == "1" for group in surfaces.findall("layer-tree-group")
    )


def test_themes_show_layers_that_there_are(unpacked):
    presets = unpacked.findall("visibility-presets/visibility-preset")
    known = layers(unpacked)

    assert len(presets) == 4
    for preset in presets:
        assert {layer.get("id") for layer in preset.findall("layer")} <= set(known)


def test_every_theme_has_a_page_to_print(unpacked):
    themes = [preset.get("name") for preset in unpacked.findall("visibility-presets/*")]

    assert [page.get("name") for page in unpacked.findall("Layouts/Layout")] == themes
    for page in unpacked.findall("Layouts/Layout"):
        drawn = page.find("LayoutItem[@type='65639']")
        extent = {side: float(value) for side, value in drawn.find("Extent").attrib.items()}
        width, height, _ = drawn.get("size").split(",")
        aspect = (extent["xmax"] - extent["xmin"]) / (extent["ymax"] - extent["ymin"])
        assert aspect == pytest.approx(float(width) / float(height))
        assert drawn.get("followPresetName") == page.get("name")


def test_the_first_view_holds_the_grid(unpacked, grid):
    view = {side.tag: float(side.text) for side in unpacked.find("mapcanvas/extent")}
    box = grid.extent.boundingbox

    assert view["xmin"] < box.left < box.right < view["xmax"]
    assert view["ymin"] < box.bottom < box.top < view["ymax"]


def test_the_crs_is_that_of_the_grid(unpacked):
    assert unpacked.findtext("projectCrs/spatialrefsys/authid") == "EPSG:32633"
    assert unpacked.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"


def test_a_crs_without_a_code_is_told_by_its_wkt(project):
    local = "+proj=tmerc +lat_0=0 +lon_0=141.5 +k=0.9999 +x_0=500000 +datum=WGS84 +units=m"
    own = replace(project, grid=make_grid(local, 500.0, (0, 0, 10_000, 8_000)))
    with zipfile.ZipFile(BytesIO(qgis.project_file(own))) as archive:
        text = archive.read("small.qgs").decode("utf-8")

    assert "EPSG:32633" not in text
    assert "141.5" in text


def test_title_and_abstract_tell_units_and_how_to_read(unpacked):
    abstract = unpacked.findtext("projectMetadata/abstract")

    assert unpacked.findtext("projectMetadata/title") == "Mineral prospectivity: small"
    assert "Cells of 500 m" in abstract
    for one in qgis.MAPS:
        assert one.reading in abstract


@pytest.mark.parametrize("count", [0, 3])
def test_bookmarks_lead_to_the_first_targets(project, count):
    few = replace(project, targets=project.targets.head(count))
    with zipfile.ZipFile(BytesIO(qgis.project_file(few))) as archive:
        text = archive.read("small.qgs").decode("utf-8")

    assert text.count("<Bookmark ") == count
