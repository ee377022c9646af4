import numpy as np
import pytest

from mineral_prospectivity.scoring.importance import layer_importance
from mineral_prospectivity.scoring.likelihood import negative_log_likelihood
from mineral_prospectivity.scoring.ranking import roc_auc


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 6, 600)
    labels = (rng.random(600) < p).astype(int)
    return labels, p, np.where(labels == 1, np.arange(600) // 3, -1), rng.uniform(1, 3, 600)


def test_importance_is_what_the_scores_lose(sample):
    labels, p, clusters, weights = sample
    shuffled = {"copper": np.full(600, labels.mean()), "idle": p}
    table = layer_importance(
        labels, p, shuffled, deposits=labels, weights=weights, clusters=clusters, replicates=80
    )
    assert table["layer"].tolist() == ["copper", "idle"]
    copper, idle = table.iloc[0], table.iloc[1]
    loss = [negative_log_likelihood(labels, q, weights) for q in (shuffled["copper"], p)]
    assert copper.nll_increase == pytest.approx(loss[0] - loss[1], rel=1e-9)
    assert copper.auc_drop == pytest.approx(roc_auc(labels, p, weights) - 0.5, rel=1e-9)
    assert copper.nll_low < copper.nll_increase < copper.nll_high
    assert copper.auc_low < copper.auc_drop < copper.auc_high
    assert (idle.drop("layer") == 0).all()


def test_a_layer_may_be_called_intact(sample):
    labels, p, clusters, weights = sample
    table = layer_importance(
        labels,
        p,
        {"intact": p[::-1]},
        deposits=labels,
        weights=weights,
        clusters=clusters,
        replicates=60,
    )
    assert table["nll_increase"].item() > 0
