import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import cell_centres, make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting import Background, explain_targets
from mineral_prospectivity.targeting.analogues import deposit_titles
from mineral_prospectivity.targeting.zones import Zones, best_cells

ROWS, COLS = 6, 8


@pytest.fixture(scope="module")
def region():
    return make_grid("EPSG:32633", 100.0, (0, 0, COLS * 100, ROWS * 100))


def raster(grid, **bands):
    stack = np.stack([np.asarray(band, np.float32).reshape(ROWS, COLS) for band in bands.values()])
    return Raster(grid, tuple(map(Band, bands)), lambda window: stack[:, *window.slices])


@pytest.fixture(scope="module")
def zones():
    labels = np.zeros((ROWS, COLS), dtype=np.int32)
    labels[0, :3] = 1
    labels[4, 5:7] = 2
    return Zones(labels, np.array([3, 2]))


@pytest.fixture(scope="module")
def targets(region):
    shapes = gpd.points_from_xy([150, 600], [550, 150]).buffer(50)
    return gpd.GeoDataFrame({"target_id": ["T0007", "T0002"]}, geometry=shapes, crs=region.crs)


def deposits_at(region, cells, clusters, **columns):
    x, y = cell_centres(region, np.array(cells, dtype=np.int64))
    table = {"cell": cells, "cluster": clusters, **columns}
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=region.crs)


def economics_of(region, chance):
    """Return the chance of a discovery with an interval from half to double of it."""
    bounds = {"probability_lower": chance / 2, "probability_upper": 2 * chance}
    return raster(region, probability=chance, **bounds)


def held_against(evidence):
    """Return evidence, and all of it as the background."""
    cells = evidence.array().reshape(len(evidence.bands), -1).T
    background = Background(evidence.bands, cells, np.ones(len(cells)))
    return {"evidence": evidence, "background": background}


@pytest.fixture
def explain(region, zones, targets):
    def call(deposits=None, **changes):
        p = np.linspace(0.1, 0.2, ROWS * COLS)
        novelty = np.arange(ROWS * COLS)
        copper = np.where(novelty < COLS, 2.0, np.nan)
        copper[2] = -1.0
        copper[37:39] = 0.5
        gravity = np.where(np.isnan(copper), np.nan, -0.75)
        shown = {"copper": np.where(novelty < COLS, 90.0, 30.0 + novelty / 100)}
        shown["gravity"] = novelty * 1.0
        named = {"name": ["Ada", "Bo", "Cy", "Di"]}
        found = deposits_at(region, [1, 10, 20, 30], [0, 1, 1, 2], **named)
        arguments = {
            "maps": raster(region, probability=p, novelty=novelty),
            "economics": economics_of(region, p),
            "attribution": raster(region, copper=copper, gravity=gravity),
            **held_against(raster(region, **shown)),
            "dissimilarity": raster(region, dissimilarity=novelty / 10),
            "latent": raster(region, latent_1=novelty, latent_2=np.zeros(ROWS * COLS)),
            "deposits": found if deposits is None else deposits,
        }
        return explain_targets(targets, zones, **(arguments | changes))

    return call


def test_drivers_are_the_means_over_the_cells_and_their_shares(explain):
    why = explain()
    table = why.drivers.set_index(["target_id", "layer"])
    assert table.loc[("T0007", "copper"), "contribution"] == pytest.approx(1.0)
    assert table.loc[("T0007", "copper"), "at_best_cell"] == pytest.approx(-1.0)
    assert table.loc[("T0007", "gravity"), "contribution"] == pytest.approx(-0.75)
    assert table["share"].tolist() == pytest.approx([1 / 1.75, 0.75 / 1.75, 0.4, 0.6])
    assert why.targets["drivers"].tolist() == [
        "high copper, 90 (+1.0); low gravity, 1 (-0.8)",
        "high gravity, 37.5 (-0.8); ordinary copper, 30.4 (+0.5)",
    ]
    shown = table.loc[("T0007", "copper")]
    assert (shown["reading"], shown["band"], shown["value"]) == ("high copper", "copper", 90)
    assert shown["typical"] == pytest.approx(30.31)


def test_a_target_outside_the_explained_cells_has_no_drivers(explain, region):
    nothing = np.full(ROWS * COLS, np.nan)
    why = explain(attribution=raster(region, copper=nothing))
    assert why.targets["drivers"].tolist() == ["", ""]
    assert why.drivers[["contribution", "share"]].isna().all(axis=None)


def test_the_most_similar_deposits_lie_outside_the_target(explain):
    """Latent component 1 is the number of the cell; the best cells are 2 and 38."""
    why = explain()
    assert why.targets["similar_deposits"].tolist() == ["Bo; Cy; Di", "Di; Cy; Bo"]
    assert why.targets["latent_distance"].tolist() == pytest.approx([8, 8])
    means = why.analogues[why.analogues["place"] == "mean"]
    assert means["deposit"].tolist() == ["Bo", "Cy", "Di", "Di", "Cy", "Bo"]
    assert means["latent_distance"].tolist() == pytest.approx([9, 19, 29, 7.5, 17.5, 27.5])


def test_dissimilarity_is_a_percentile_of_the_deposits_own_distances(explain):
    """To the next deposit of another cluster: Ada 9, Bo 9, Cy 10, Di 10."""
    why = explain()
    assert why.targets["dissimilarity"].tolist() == [0, 0]
    assert why.analogues["dissimilarity"].iloc[:3].tolist() == [0, 100, 100]
    means = why.analogues[why.analogues["place"] == "mean"]
    assert means["dissimilarity"].iloc[0] == 25


def test_the_best_cell_says_how_novel_and_how_unlike_training_a_target_is(explain, region):
    targets = explain().targets
    assert targets["novelty"].tolist() == [2, 38]
    assert targets["unlike_training"].tolist() == pytest.approx([0.2, 3.8])
    x, y = cell_centres(region, np.array([2, 38]))
    assert targets["best_x"].tolist() == x.tolist()
    assert targets["best_y"].tolist() == y.tolist()


def test_the_share_of_a_target_outside_the_area_of_applicability(explain, region):
    """The edge, 1, lies inside; a cell without evidence counts for neither."""
    unlike = np.full(ROWS * COLS, 0.5)
    unlike[[0, 1, 2]] = 1.0, 1.01, 0.2
    unlike[[37, 38]] = np.nan, 2.0
    targets = explain(dissimilarity=raster(region, dissimilarity=unlike)).targets
    assert targets["outside_applicability"].tolist() == pytest.approx([1 / 3, 1.0])
    assert targets["unlike_training"].tolist() == pytest.approx([0.2, 2.0])


def test_the_best_cell_of_a_target_is_no_mine_unless_all_its_cells_are(explain, region):
    """Cells 2 and 38 are the most probable; all of the second target is known."""
    chance = np.linspace(0.1, 0.2, ROWS * COLS)
    chance[[2, 37, 38]] = 0
    targets = explain(economics=economics_of(region, chance)).targets
    assert targets["best_x"].tolist() == cell_centres(region, np.array([1, 38]))[0].tolist()
    assert targets["novelty"].tolist() == [1, 38]
    assert targets["best_lower"].tolist() == pytest.approx([chance[1] / 2, 0])
    assert targets["best_upper"].tolist() == pytest.approx([2 * chance[1], 0])


def test_deposits_without_names_are_called_by_their_row(explain, region):
    why = explain(deposits_at(region, [1, 10], [0, 1]))
    assert why.targets["similar_deposits"].tolist() == [
        "deposit in row 2",
        "deposit in row 2; deposit in row 1",
    ]


def test_a_deposit_that_lacks_its_name_alone_is_called_by_its_row(region):
    found = deposits_at(region, [1, 10, 20], [0, 1, 2]).assign(name=["Ore", None, "Lode"])
    assert deposit_titles(found).tolist() == ["Ore", "deposit in row 2", "Lode"]


def test_without_deposits_nothing_is_similar(explain, region):
    nothing = gpd.GeoDataFrame(
        {"cell": np.empty(0, int), "cluster": np.empty(0, int)}, geometry=[], crs=region.crs
    )
    why = explain(nothing)
    assert why.targets["similar_deposits"].tolist() == ["", ""]
    assert why.targets[["latent_distance", "dissimilarity"]].isna().all(axis=None)
    assert why.analogues.empty


def test_one_cluster_gives_distances_and_no_percentile(explain, region):
    targets = explain(deposits_at(region, [10, 20], [0, 0])).targets
    assert targets["latent_distance"].notna().all()
    assert targets["dissimilarity"].isna().all()


def test_a_deposit_without_evidence_resembles_nothing(explain, region):
    component = np.arange(ROWS * COLS, dtype=float)
    component[10] = np.nan
    why = explain(latent=raster(region, latent_1=component))
    assert why.targets["similar_deposits"].tolist() == ["Cy; Di", "Di; Cy; Ada"]


def test_no_target_gives_empty_tables(explain, targets, region):
    none = Zones(np.zeros((ROWS, COLS), dtype=np.int32), np.empty(0, dtype=np.int64))
    p = raster(region, probability=np.ones(48), novelty=np.ones(48))
    money = economics_of(region, np.ones(48))
    layers = raster(region, copper=np.ones(48))
    deposits = deposits_at(region, [10, 20], [0, 1], name=["A", "B"])
    why = explain_targets(
        targets.iloc[:0], none, maps=p, economics=money, attribution=layers,
        **held_against(layers), dissimilarity=layers, latent=layers, deposits=deposits,
    )  # fmt: skip
    assert len(why.targets) == len(why.drivers) == len(why.analogues) == 0
    assert {"drivers", "similar_deposits", "novelty"} <= set(why.targets.columns)


def test_best_cell_is_the_largest_and_the_first_among_equals(region, zones):
    surface = np.zeros(ROWS * COLS)
    surface[[0, 2]] = 5.0
    surface[37] = np.nan
    assert best_cells(raster(region, probability=surface), zones).tolist() == [0, 38]


def test_explaining_changes_nothing_else(explain, targets):
    why = explain()
    pd.testing.assert_frame_equal(
        pd.DataFrame(why.targets[["target_id"]]), pd.DataFrame(targets[["target_id"]])
    )
    assert why.targets.geometry.geom_equals(targets.geometry).all()
    assert isinstance(why.targets.geometry.iloc[0].centroid, Point)
