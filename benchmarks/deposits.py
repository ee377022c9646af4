"""How many deposits a map takes: one law on more and more ground, and what models learn of it.

Where few deposits are known, no model comes near what the layers could tell. Here the deposits grow
with the ground, and the ensemble, its strongest peers and a model that is told the terms of the law
are held against p given the layers. Results are kept in ``--store``, as those of ``quality.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from judging.about import about
from judging.contestants import ensemble_contestant, peer_contestants
from judging.experiments import PROJECT
from judging.figure import draw_deposits
from judging.page import deposits_table
from judging.regions import GROWING
from judging.store import Store, write_json
from quality import EXPLAIN, compete, estimate, load, require_known

PEERS = ("logistic_regression", "lightgbm_tuned")
SEEDS = (100,)


def main() -> None:
    options = parse()
    require_known(options.models)
    store = Store(options.store, frozenset(options.frozen))
    experiments = {}
    for name in options.experiments:
        experiment = load(name, options.store)
        contestants = [ensemble_contestant()] + [
            who for model in options.models for who in peer_contestants(model, experiment)
        ]
        estimate(store, experiment, contestants, options.seeds)
        experiments[name] = compete(store, experiment, contestants, options.seeds)
    summary = {**about(), "seeds": list(options.seeds), "experiments": experiments}
    write_json(options.store / "summary.json", summary)
    print("\n" + deposits_table(experiments))
    draw_deposits(experiments, options.store / "deposits.png")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", nargs="+", default=tuple(GROWING), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="deals of the folds")
    parser.add_argument("--models", nargs="*", default=PEERS, metavar="NAME", help="peers")
    parser.add_argument("--frozen", nargs="*", default=[], metavar="NAME", help=EXPLAIN["frozen"])
    parser.add_argument("--store", type=Path, default=PROJECT / "data/benchmarks/deposits")
    return parser.parse_args()


if __name__ == "__main__":
    main()
