"""The CRS, the cells and the blocks that suit a region."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from odc.geo import CRS

from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.experiments.found import Found
from mineral_prospectivity.experiments.place import (
    choose_blocks,
    choose_crs,
    choose_resolution,
    nice,
)
from mineral_prospectivity.geo.grid import make_grid

NOWHERE = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)])


def layer(crs, bounds=(500_000, 5_200_000, 540_000, 5_236_000), pixel=250.0):
    return Found(
        name="a",
        path=None,
        about="",
        fields={"kind": "continuous"},
        crs=None if crs is None else CRS(crs),
        bounds=bounds,
        pixel=(pixel, pixel),
        picture=np.zeros((2, 2)),
    )


def test_most_layers_decide_on_the_crs():
    chosen = choose_crs([layer("EPSG:7845"), layer("EPSG:32754"), layer("EPSG:7845")], NOWHERE)
    assert chosen.value == "EPSG:7845"
    assert chosen.why == "2 of 3 layers have it; EPSG:32754 will be reprojected"


@pytest.mark.parametrize(
    ("crs", "bounds", "zone"),
    [
        ("EPSG:4326", (14.9, 46.9, 15.4, 47.3), "EPSG:32633"),
        ("EPSG:4326", (140.1, -21.5, 140.9, -20.5), "EPSG:32754"),
        ("EPSG:3857", (1_660_000, 5_930_000, 1_700_000, 5_960_000), "EPSG:32633"),
    ],
)
def test_layers_in_degrees_or_web_mercator_take_the_utm_zone(crs, bounds, zone):
    assert choose_crs([layer(crs, bounds)], NOWHERE).value == zone


def test_a_crs_is_named_by_its_code_though_its_wkt_was_read_before():
    CRS(CRS("EPSG:32756").wkt)  # odc keeps what it was first made of
    degrees = layer("EPSG:4326", (152.5, -31.0, 153.0, -30.5))
    assert choose_crs([degrees], NOWHERE).value == "EPSG:32756"
    assert choose_crs([layer(None)], NOWHERE.set_crs("EPSG:32756")).value == "EPSG:32756"


def test_a_deposit_with_exchanged_coordinates_does_not_move_the_utm_zone():
    points = [shapely.Point(15.2, 47.0), shapely.Point(47.1, 15.1)]
    chosen = choose_crs(
        [layer("EPSG:4326", (14.9, 46.9, 15.4, 47.3))],
        gpd.GeoDataFrame(geometry=points, crs="EPSG:4326"),
    )
    assert (chosen.value, chosen.doubt) == ("EPSG:32633", None)


def test_a_wide_region_is_doubtful():
    chosen = choose_crs([layer("EPSG:4326", (112, -44, 154, -10))], NOWHERE)
    assert chosen.doubt == "the region spans 42 degrees; a national grid would distort less"


def test_no_crs_at_all():
    with pytest.raises(ConfigurationError, match=r"^no file names its CRS\. Give .* --crs"):
        choose_crs([layer(None)], NOWHERE)


def test_the_median_pixel_decides_on_the_cells():
    layers = [layer("EPSG:32633", pixel=size) for size in (90.0, 260.0, 1000.0)]
    chosen = choose_resolution(layers, CRS("EPSG:32633"), 40_000 * 36_000)
    assert chosen.value == 250.0
    assert "the median pixel of 3 rasters is 260 m, rounded to 250 m" in chosen.why


def test_huge_maps_are_coarsened():
    chosen = choose_resolution([layer("EPSG:32633", pixel=30.0)], CRS("EPSG:32633"), 4e11)
    assert chosen.value == 1000.0
    assert "coarsened to keep the map below 1,000,000 cells" in chosen.why


def test_pixels_in_degrees_count_in_metres():
    degrees = layer("EPSG:4326", (15.0, 47.0, 15.5, 47.3), pixel=0.0025)
    chosen = choose_resolution([degrees], CRS("EPSG:32633"), 38_000 * 33_000)
    assert chosen.value == 250.0


@pytest.mark.parametrize("value", [0.3, 7.0, 99.0, 1234.0])
def test_round_lengths(value):
    assert value <= nice(value, upwards=True) <= 2 * value
    assert value / 1.5 <= nice(value) <= 1.5 * value


def test_blocks_shrink_until_every_fold_has_deposits():
    grid = make_grid("EPSG:32633", 250.0, (0, 0, 30_000, 30_000))
    corners = [(x, y) for x in (3_000, 15_000, 27_000) for y in (3_000, 15_000, 27_000)]
    deposits = gpd.GeoDataFrame(geometry=[shapely.Point(*at) for at in corners], crs="EPSG:32633")
    chosen = choose_blocks(grid, deposits)
    assert (chosen.value.count, chosen.value.block_size) == (5, 10_000.0)
    assert chosen.doubt.startswith("blocks of 10 km are small: ")


def test_blocks_shrink_until_no_fold_has_most_of_the_deposits():
    grid = make_grid("EPSG:32633", 250.0, (0, 0, 60_000, 40_000))
    crowd = [(x, y) for x in (2_000, 8_000, 14_000) for y in (32_000, 38_000) for _ in range(20)]
    others = [(x, y) for x in range(22_000, 60_000, 4_000) for y in (10_000, 34_000)]
    rng = np.random.default_rng(0)
    points = shapely.points(
        np.array(crowd + others) + rng.uniform(0, 200, (len(crowd + others), 2))
    )
    deposits = gpd.GeoDataFrame(geometry=points, crs="EPSG:32633")
    chosen = choose_blocks(grid, deposits)
    assert (chosen.value.count, chosen.value.block_size) == (5, 7_500.0)
    assert chosen.why == "every one of 5 folds has deposits, as evenly as blocks can give them"


def test_too_few_deposits_for_any_blocks():
    grid = make_grid("EPSG:32633", 250.0, (0, 0, 30_000, 30_000))
    deposits = gpd.GeoDataFrame(geometry=[shapely.Point(3_000, 3_000)], crs="EPSG:32633")
    assert "a run will be refused" in choose_blocks(grid, deposits).doubt
