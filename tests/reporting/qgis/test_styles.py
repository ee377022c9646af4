"""Style files: what QGIS reads from them, without QGIS."""

from xml.etree import ElementTree as ET

import pytest

from mineral_prospectivity.api.prediction import MAPS as PREDICTED
from mineral_prospectivity.geo.geotiff import PALETTE
from mineral_prospectivity.reporting import qgis
from mineral_prospectivity.reporting.qgis.fields import TARGET_TABS
from mineral_prospectivity.scoring.validity import applicability
from mineral_prospectivity.targeting.categories import CATEGORIES


def parsed(text):
    return ET.fromstring(text)  # noqa: S314 - written a moment ago


def test_every_published_map_has_a_style():
    others = {"risk_return", "risk_adjusted_return", "applicability"}
    names = {band.name for band in PREDICTED} | others

    assert {one.name for one in qgis.MAPS} == names


@pytest.mark.parametrize("name", [one.name for one in qgis.MAPS if one.ramp])
def test_continuous_maps_have_their_own_stretch_and_a_legend(styles, name):
    shader = parsed(styles[name]).find(".//colorrampshader")
    items = shader.findall("item")

    assert shader.find("rampLegendSettings").get("useContinuousLegend") == "0"
    assert 4 <= len(items) <= 13
    assert all(item.get("label") for item in items)
    assert [float(item.get("value")) for item in items] == sorted(
        float(item.get("value")) for item in items
    )


def test_categories_have_names_and_the_colours_of_the_report(styles):
    entries = parsed(styles["risk_return"]).findall(".//paletteEntry")

    found = [(int(e.get("value")), e.get("label"), e.get("color")) for e in entries]
    assert found == [(c.value, c.name, c.colour) for c in CATEGORIES]


def test_the_area_of_applicability_has_the_names_and_colours_of_its_file(styles):
    entries = parsed(styles["applicability"]).findall(".//paletteEntry")

    assert [(int(e.get("value")), e.get("label")) for e in entries] == list(
        applicability.CATEGORIES
    )
    assert [entry.get("color") for entry in entries] == list(PALETTE[:2])


@pytest.mark.parametrize("name", qgis.FEATURES)
def test_every_attribute_is_on_the_form_under_a_name_for_people(styles, inputs, located, name):
    features = {
        "targets": inputs.targets, "next_samples": inputs.next_samples, "deposits": located,
    }[name]  # fmt: skip
    style = parsed(styles[name])
    columns = set(features.columns) - {"geometry"}
    aliases = {alias.get("field"): alias.get("name") for alias in style.findall("aliases/alias")}

    assert style.get("labelsEnabled") == "1"
    assert style.findtext("editorlayout") == "tablayout"
    assert set(aliases) == columns
    assert {field.get("name") for field in style.iter("attributeEditorField")} == columns
    assert all(aliases.values())


def test_targets_are_told_in_groups_with_units(styles):
    style = parsed(styles["targets"])
    tabs = [tab.get("name") for tab in style.findall("attributeEditorForm/*")]
    aliases = {alias.get("field"): alias.get("name") for alias in style.findall("aliases/alias")}

    assert tabs == ["Where", "Why", "How sure", "What it is worth"]
    assert aliases["area_km2"] == "Area (km²)"
    assert aliases["testing_cost"].endswith("(currency)")


def test_what_a_form_does_not_know_comes_last(inputs):
    why = [field.name for field in TARGET_TABS[1].fields]
    more = inputs.targets.assign(owner="Mine <1>").drop(columns=why)
    style = parsed(qgis.targets_style(more))
    tabs = {
        tab.get("name"): [field.get("name") for field in tab]
        for tab in style.findall("attributeEditorForm/*")
    }

    assert tabs["More"] == ["owner"]
    assert "Why" not in tabs


def test_deposits_without_names_are_called_after_their_cluster(located):
    style = parsed(qgis.deposits_style(located.drop(columns="Deposit")))

    assert style.findtext("previewExpression") == "'Deposit of cluster ' || \"cluster\""


def test_every_fold_has_a_symbol_of_its_own(styles):
    style = parsed(styles["folds"])
    rules = style.findall(".//rule")
    symbols = [ET.tostring(symbol.find("layer")) for symbol in style.findall(".//symbol")]

    assert [rule.get("filter") for rule in rules] == ['"fold" = 0', '"fold" = 1', '"fold" = 2']
    assert len(set(symbols)) == 3


def test_no_style_names_a_font_or_a_path(styles):
    for text in styles.values():
        assert "fontFamily" not in text
        assert "svg" not in text.lower()
