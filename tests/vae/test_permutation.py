import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit

from mineral_prospectivity.scoring.importance import layer_importance
from mineral_prospectivity.vae.train import fit_members

LAYERS = ["magnetics", "gravity", "geology"]


def test_every_calibration_cell_is_predicted_by_each_member(pack):
    table = pack.permuted
    assert table.columns.tolist() == [
        "member", "cell", "fold", "weight", "intact", *[f"permuted_{name}" for name in LAYERS]
    ]  # fmt: skip
    assert not table.duplicated(["member", "cell"]).any()
    assert table["member"].unique().tolist() == [0, 1]
    assert table[["member", "cell"]].apply(tuple, axis=1).is_monotonic_increasing


def test_intact_logits_are_those_of_the_fits_without_the_fold(pack):
    whole = pack.out_of_fold.set_index(["member", "cell"])["mean"]
    own = pack.permuted.set_index(["member", "cell"])["intact"]
    np.testing.assert_allclose(own, whole.loc[own.index], atol=2e-5)


def test_a_member_is_shuffled_alike_alone_and_in_a_pack(data, settings, pack):
    alone = fit_members(data, [1], settings=settings, seed=7, folds=3, nested=False)
    expected = pack.permuted[pack.permuted["member"] == 1].reset_index(drop=True)
    assert_frame_equal(alone.permuted, expected, rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def importance(pack, data):
    columns = ["intact", *[f"permuted_{name}" for name in LAYERS]]
    mean = pack.permuted.groupby("cell")[columns].mean()
    rows = np.searchsorted(data.cells, mean.index)
    p = expit(mean.to_numpy(float)).T
    return layer_importance(
        data.labels[rows],
        p[0],
        dict(zip(LAYERS, p[1:], strict=True)),
        deposits=data.labels[rows],
        weights=np.ones(len(rows)),
        clusters=data.clusters[rows],
        replicates=100,
    ).set_index("layer")


def test_layers_without_signal_matter_less_than_those_that_carry_it(importance):
    """Deposits follow magnetics and granite; gravity is noise."""
    noise = importance.loc["gravity"]
    for name in ("magnetics", "geology"):
        assert importance.loc[name, "nll_low"] > max(0, noise["nll_high"])
        assert importance.loc[name, "auc_drop"] > max(0, noise["auc_high"])
    assert importance.index[-1] == "gravity"
