"""What the layers show in targets, against the background."""

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.geo.bands import Band
from mineral_prospectivity.geo.grid import make_grid
from mineral_prospectivity.geo.raster import Raster
from mineral_prospectivity.targeting.standing import CELLS_READ, Background, read_layers
from mineral_prospectivity.targeting.zones import Zones

SIDE = 40
CELLS = SIDE * SIDE
LABELS = np.zeros((SIDE, SIDE), dtype=np.int32)
LABELS[10:14, 10:20] = 1
ZONE = (LABELS == 1).ravel()


def read(bands, columns, layers, labels=LABELS):
    """Return the readings of the first zone: the background is all cells."""
    values = np.stack(columns).astype(np.float32)
    stack = values.reshape(-1, SIDE, SIDE)
    grid = make_grid("EPSG:32633", 100.0, (0, 0, SIDE * 100, SIDE * 100))
    evidence = Raster(grid, tuple(bands), lambda window: stack[:, *window.slices])
    zones = Zones(labels, np.bincount(labels.ravel())[1:])
    background = Background(bands, values.T, np.ones(CELLS))
    return read_layers(evidence, zones, background, layers)[0]


def spread(inside):
    """Return 0 to 1 over the background, and a value over the zone."""
    values = np.linspace(0, 1, CELLS)
    values[ZONE] = inside
    return values


@pytest.mark.parametrize(("inside", "words"), [(0.9, "high"), (0.5, "ordinary"), (0.1, "low")])
def test_a_value_is_high_or_low_outside_the_middle_half_of_the_background(inside, words):
    (shown,) = read([Band("magnetics", "magnetics", unit="nT")], [spread(inside)], ["magnetics"])

    assert shown.reading == f"{words} magnetics"
    assert (shown.value, shown.unit) == (pytest.approx(inside), "nT")
    assert shown.percentile == pytest.approx(100 * inside, abs=3)
    assert shown.typical == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("inside", "words"),
    [(0.9, "far from"), (0.5, "at the usual distance from"), (0.1, "near")],
)
def test_distances_are_near_or_far(inside, words):
    bands = [Band("faults_distance", "faults", unit="m"), Band("faults_density_1500m", "faults")]
    shown = read(bands, [spread(inside), spread(0.5)], ["faults"])

    assert shown[0].reading == f"{words} faults"


def test_a_distance_to_a_class_names_the_class():
    band = Band("rock_distance_shear_zone", "rock", unit="m")

    assert read([band], [spread(0.01)], ["rock"])[0].reading == "near shear zone"


def test_a_layer_is_read_from_its_own_band_unless_another_tells_more():
    bands = [Band("gravity", "gravity"), Band("gravity_gradient", "gravity")]

    assert read(bands, [spread(0.8), spread(0.99)], ["gravity"])[0].reading == "high gravity"
    shown = read(bands, [spread(0.6), spread(0.99)], ["gravity"])[0]
    assert (shown.reading, shown.band) == ("high gravity_gradient", "gravity_gradient")
    assert read(bands, [spread(0.6), spread(0.4)], ["gravity"])[0].reading == "ordinary gravity"


def test_the_class_is_that_of_the_largest_surplus():
    """Sandstone covers most of the target, and as much of the region; granite is what differs."""
    bands = [
        Band("geology_sandstone", "geology", kind="fraction"),
        Band("geology_basic_granite", "geology", kind="fraction"),
        Band("geology_contacts", "geology"),
    ]
    granite = np.where(ZONE, 0.4, 0.0)
    shown = read(bands, [np.full(CELLS, 0.6), granite, spread(0.99)], ["geology"])[0]

    assert (shown.reading, shown.unit) == ("basic granite", "%")
    assert shown.value == pytest.approx(40)
    assert shown.typical == pytest.approx(40 * ZONE.mean())
    plain = read(bands, [np.full(CELLS, 0.6), np.zeros(CELLS), spread(0.99)], ["geology"])[0]
    assert plain.reading == "high geology_contacts"


def test_a_code_without_a_name_stands_beside_its_layer():
    band = Band("geology_88", "geology", kind="fraction")

    assert read([band], [np.where(ZONE, 1.0, 0.0)], ["geology"])[0].reading == "geology 88"


def test_an_outlier_does_not_make_a_target_high():
    values = spread(0.5)
    values[np.flatnonzero(ZONE)[0]] = 1e6

    assert read([Band("gold", "gold")], [values], ["gold"])[0].reading == "ordinary gold"


def test_a_layer_without_a_value_in_the_target_says_so():
    values = np.where(ZONE, np.nan, 1.0)
    shown = read([Band("gold", "gold"), Band("k")], [values, spread(0.9)], ["gold", "k", "none"])

    assert [one.reading for one in shown] == ["no gold", "high k", "no none"]
    assert np.isnan(shown[0].value)


def test_of_a_large_target_some_cells_stand_for_all():
    whole = np.ones((SIDE, SIDE), dtype=np.int32)
    assert whole.size > CELLS_READ
    values = np.linspace(0, 1, CELLS)
    shown = read([Band("k")], [values], ["k"], whole)[0]

    assert shown.value == pytest.approx(0.5, abs=0.01)


def test_the_background_is_weighted_and_without_deposits():
    cells = pd.DataFrame({"label": [1, 0, 0], "weight": [1.0, 30.0, 10.0]})
    evidence = pd.DataFrame({"cell": [4, 5, 6], "k": np.float32([9, 1, 2])})
    background = Background.of(cells, evidence, [Band("k")])

    assert background.evidence.ravel().tolist() == [1, 2]
    assert background.weights.tolist() == [30, 10]


def test_what_lies_around_a_target_is_told_where_the_target_itself_is_ordinary():
    bands = [
        Band("copper", "copper", unit="ppm"),
        Band("copper_within_3000m", "copper", unit="ppm", context=True),
    ]
    shown = read(bands, [spread(0.5), spread(0.9)], ["copper"])[0]
    assert shown.reading == "high copper on average within 3000 m"
    assert (shown.value, shown.band) == (pytest.approx(0.9), "copper_within_3000m")
    assert read(bands, [spread(0.8), spread(0.9)], ["copper"])[0].reading == "high copper"
    far = [
        Band("faults_distance", "faults", unit="m"),
        Band("faults_distance_within_3000m", "faults", unit="m", context=True),
    ]
    shown = read(far, [spread(0.5), spread(0.1)], ["faults"])[0]
    assert shown.reading == "near faults on average within 3000 m"


def test_a_class_around_a_target_is_told_where_the_target_has_little_of_it():
    bands = [
        Band("rock_granite", "rock", "fraction"),
        Band("rock_granite_within_3000m", "rock", "fraction", context=True),
    ]
    shown = read(bands, [0.1 * ZONE, 0.4 * ZONE], ["rock"])[0]
    assert shown.reading == "granite within 3000 m"
    assert read(bands, [0.9 * ZONE, 0.4 * ZONE], ["rock"])[0].reading == "granite"
