import numpy as np
import pytest

from mineral_prospectivity.geo.grid import cells_of_points
from mineral_prospectivity.targeting import next_samples


@pytest.fixture
def known(maps, deposits):
    """The cells of the deposits, and those around the first of them."""
    own = cells_of_points(maps.grid, deposits.geometry.x, deposits.geometry.y)
    return np.concatenate([own, own[0] + np.array([-1, 1])])


def test_first_site_is_the_most_informative_cell(maps, known):
    sites = next_samples(maps, known, count=5, spacing=500)
    information = maps.select(["mutual_information"]).array().ravel()
    information[known] = np.nan
    assert sites.cell[0] == np.nanargmax(information)
    assert sites.mutual_information[0] == pytest.approx(np.nanmax(information))
    assert sites["rank"].tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(sites.mutual_information) <= 0).all()


@pytest.mark.parametrize("spacing", [0, 100, 250, 1000])
def test_sites_lie_apart(maps, known, spacing):
    sites = next_samples(maps, known, count=12, spacing=spacing)
    for i, site in enumerate(sites.geometry):
        assert (sites.geometry.drop(i).distance(site) >= spacing - 1e-6).all()
    assert sites.cell.is_unique


def test_no_better_cell_was_passed_over(maps, known):
    sites = next_samples(maps, known, count=6, spacing=800)
    information = maps.select(["mutual_information"]).array().ravel()
    rows, cols = np.divmod(np.arange(information.size), maps.grid.shape.x)
    taken = np.zeros(information.size, dtype=bool)
    taken[known] = True
    for site in sites.itertuples():
        assert np.nanmax(information[~taken]) == pytest.approx(site.mutual_information)
        row, col = divmod(site.cell, maps.grid.shape.x)
        taken |= (rows - row) ** 2 + (cols - col) ** 2 < 8**2


def test_sites_report_the_maps_and_lie_at_cell_centres(maps, known):
    sites = next_samples(maps, known, count=3, spacing=500)
    whole = maps.select(["probability"]).array().ravel()
    np.testing.assert_allclose(sites.probability, whole[sites.cell])
    cells = cells_of_points(maps.grid, sites.geometry.x, sites.geometry.y)
    np.testing.assert_array_equal(cells, sites.cell)
    assert sites.crs == "EPSG:32633"


def test_a_small_map_gives_fewer_sites(maps, known):
    sites = next_samples(maps, known, count=500, spacing=4000)
    assert 1 <= len(sites) < 20


def test_known_deposits_are_never_proposed(maps, known):
    sites = next_samples(maps, known, count=4200, spacing=0)
    assert not np.isin(known, sites.cell).any()
