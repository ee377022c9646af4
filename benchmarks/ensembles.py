"""In what members should differ: seeds, bootstraps, samples of background, or generated data.

``python benchmarks/ensembles.py`` trains each ensemble on simulated regions of development seeds,
where p given the layers is known, scores it on held-out blocks and prints one table.
``--page docs/ensembles.md`` puts the table there.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from judging.contestants import overridden
from judging.experiments import PROJECT, Experiment, load_experiment
from judging.regions import declare_region
from mineral_prospectivity.pipelines.uncertainty.nodes import calibrate
from mineral_prospectivity.scoring.coverage import interval_coverage
from mineral_prospectivity.uq.interval import probability_interval
from mineral_prospectivity.vae.data import TrainingData
from mineral_prospectivity.vae.diversity import Diversity
from mineral_prospectivity.vae.fitting import fit_ensemble

if TYPE_CHECKING:
    import pandas as pd

ENSEMBLES = {
    "seeds": ["ensemble.diversity=seeds"],
    "clusters": ["ensemble.diversity=clusters"],
    "blocks": ["ensemble.diversity=blocks"],
    "background": ["ensemble.diversity=background"],
    "generated": ["ensemble.diversity=generated"],
    "`model: cvae`": ["model.kind=cvae", "ensemble.size=20"],
}
WORK = PROJECT / "data/benchmarks/conf"
PLACE = re.compile(r"(<!-- results: .*? -->\n).*?(<!-- end of results -->)", re.DOTALL)
HEAD = (
    "| region | members differ in | members | AUC | NLL x 1000 | SD between members, logits | "
    "SD in all, logits | coverage at 90 % | CPU s |\n|---|---|---|---|---|---|---|---|---|\n"
)


class Judged(NamedTuple):
    """What an ensemble did on held-out blocks."""

    members: int
    auc: float
    nll: float
    between: float
    """Mean over cells of the SD of the members' mean logits, as trained."""
    spread: float
    """Mean over cells of the SD of the calibrated log-odds: members, and their heads."""
    coverage: float
    """Share of cells whose p given the layers lies in the 90 % interval."""
    seconds: float

    def row(self, region: str, name: str) -> str:
        """Return the row of the table."""
        return (
            f"| {region} | {name} | {self.members} | {self.auc:.3f} | {1000 * self.nll:.2f} | "
            f"{self.between:.2f} | {self.spread:.2f} | {self.coverage:.2f} | {self.seconds:.0f} |\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", nargs="+", default=["dev_11", "dev_13_omitted"])
    parser.add_argument("--fold-seed", type=int, default=0)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    table = HEAD
    print(HEAD, end="")
    for region in options.regions:
        experiment = load_experiment(declare_region(region, WORK), WORK)
        for name, overrides in ENSEMBLES.items():
            row = judge(experiment, overrides, options.fold_seed).row(region, name)
            print(row, end="", flush=True)
            table += row
    if options.page:
        page = options.page.read_text(encoding="utf-8")
        page = PLACE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", page)
        options.page.write_text(page, encoding="utf-8")


def judge(experiment: Experiment, overrides: list[str], fold_seed: int) -> Judged:
    """Train an ensemble and score what it says of blocks that it never saw."""
    parameters = overridden(experiment.parameters, overrides)
    cells, start = experiment.deal(fold_seed), time.process_time()
    data = TrainingData.from_tables(cells, experiment.evidence, experiment.bands)
    pack = fit_ensemble(
        data,
        range(parameters.ensemble.size),
        settings=parameters.model,
        seed=parameters.ensemble.seed,
        folds=parameters.folds.count,
        diversity=Diversity(parameters.ensemble.diversity, parameters.folds.block_size),
    )
    members = {"training_data": data.digest()}
    _, predicted = calibrate(cells, members, parameters.uncertainty, pack.out_of_fold, pack.inner)
    seconds = time.process_time() - start
    means = pack.out_of_fold["mean"].to_numpy().reshape(parameters.ensemble.size, -1)
    p, weights = predicted["probability"], predicted["weight"]
    return Judged(
        parameters.ensemble.size,
        roc_auc_score(cells["label"], p, sample_weight=weights),
        log_loss(cells["label"], p, sample_weight=weights),
        float(means.std(axis=0).mean()),
        float(predicted["log_odds_sd"].mean()),
        _coverage(predicted, experiment.limit),
        seconds,
    )


def _coverage(predicted: pd.DataFrame, limit: np.ndarray) -> float:
    mean, sd = (predicted[name].to_numpy()[None] for name in ("log_odds_mean", "log_odds_sd"))
    lower, upper = probability_interval(mean, sd**2, 0.9, np.zeros_like(sd))
    return interval_coverage(limit, lower, upper, predicted["weight"].to_numpy())


if __name__ == "__main__":
    main()
