"""Judge the ensemble beside its peers: same folds, several deals of them, several regions.

Results are kept in ``--store`` a run at a time, so that what was interrupted goes on, and further
models, experiments or seeds add to what is there. Seeds 0 to 4 are for development, those from 100
for reporting: nothing is chosen on what is reported.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judging.about import about
from judging.contestants import ENSEMBLE, PEERS, Contestant, ensemble_contestant, peer_contestants
from judging.experiments import PROJECT, Experiment, declare_arrays, load_experiment
from judging.figure import draw_quality
from judging.page import quality_table
from judging.regions import ALL, DEVELOPMENT, DRAWN, REGIONS, declare_region
from judging.scores import TOLD, judge
from judging.store import Store, write_json
from judging.told import told_predictions, told_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

REPORTED = ("demo", *REGIONS, "cloncurry")
QUICK = ("dev_16_small",)
SEEDS = (100, 101, 102)
EXPLAIN = {
    "experiments": "of: demo, cloncurry, simulated regions (%(default)s), or any of conf/",
    "experiment": "one more: conf/NAME, or a folder with features.npy, labels.npy and so on",
    "variant": "NAME:group.key=value,...: one more row, the default model with other parameters",
    "frozen": "rows whose kept results are taken as they are, though the code has changed since",
}


def main() -> None:
    options = parse()
    store = Store(options.store, frozenset(options.frozen))
    require_known(options.models)
    experiments = {}
    for name in [*options.experiments, *map(str, options.experiment)]:
        experiment = load(name, options.store)
        contestants = choose_contestants(options, experiment)
        estimate(store, experiment, contestants, options.seeds)
        experiments[experiment.name] = compete(store, experiment, contestants, options.seeds)
        summary = {**about(), "seeds": list(options.seeds), "experiments": experiments}
        write_json(options.store / "summary.json", summary)
    print("\n" + quality_table(experiments))
    draw_quality(experiments, options.store / "quality.png")
    print(f"scores: {options.store / 'summary.json'}; figure: {options.store / 'quality.png'}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--experiments", nargs="*", default=REPORTED, metavar="NAME", help=EXPLAIN["experiments"]
    )
    parser.add_argument(
        "--experiment", action="append", default=[], type=Path, help=EXPLAIN["experiment"]
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="deals of the folds")
    parser.add_argument("--models", nargs="*", default=(ENSEMBLE, *PEERS), metavar="NAME")
    parser.add_argument("--variant", action="append", default=[], help=EXPLAIN["variant"])
    parser.add_argument("--frozen", nargs="*", default=[], metavar="NAME", help=EXPLAIN["frozen"])
    parser.add_argument("--store", type=Path, default=PROJECT / "data/benchmarks/quality")
    parser.add_argument("--quick", action="store_true", help="one small region, one seed")
    options = parser.parse_args()
    if options.quick:
        options.experiments, options.seeds = QUICK, (0,)
    reported = [name for name in options.experiments if name not in DEVELOPMENT]
    if reported and min(options.seeds) < 100:
        print("seeds below 100 are for development: do not report these scores\n")
    return options


def require_known(models: Sequence[str]) -> None:
    """Raise SystemExit where a model has a name that nobody knows."""
    unknown = set(models) - {ENSEMBLE, *PEERS}
    if unknown:
        raise SystemExit(
            f"--models: no {', '.join(unknown)}; there are {ENSEMBLE}, {', '.join(PEERS)}"
        )


def choose_contestants(options: argparse.Namespace, experiment: Experiment) -> list[Contestant]:
    """Return who competes, the ensemble or its first variant first."""
    found = [ensemble_contestant()] if ENSEMBLE in options.models else []
    for variant in options.variant:
        name, _, overrides = variant.partition(":")
        chosen = overrides.split(",") if overrides else []
        found.append(ensemble_contestant(f"{ENSEMBLE}_{name}", chosen))
    for name in PEERS:
        if name in options.models:
            found += peer_contestants(name, experiment)
    if not found:
        raise SystemExit("--models: name at least one")
    return found


def load(name: str, store: Path) -> Experiment:
    """Return an experiment: drawn, declared in conf/, or a folder of arrays."""
    conf = store / "drawn/conf"
    if name in ALL:
        return load_experiment(declare_region(name, conf), conf)
    if (Path(name) / "features.npy").exists():
        return load_experiment(declare_arrays(Path(name), conf), conf)
    experiment, declared = Path(name).name, PROJECT / "conf"
    elsewhere = len(Path(name).parts) > 1 and Path(name).resolve().parent != declared
    if elsewhere or not (declared / experiment.partition("+")[0]).is_dir():
        raise SystemExit(
            f"{name}: neither a folder of {declared} nor one with features.npy, labels.npy and "
            "so on"
        )
    return load_experiment(experiment)


def compete(
    store: Store, experiment: Experiment, contestants: list[Contestant], seeds: Sequence[int]
) -> dict[str, Any]:
    """Return all scores of an experiment, from runs kept or made now."""
    runs: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for seed in seeds:
        for who in contestants:
            outcome = store.find(experiment, who, seed)
            if outcome is None:
                outcome = who.run(experiment, experiment.deal(seed))
                store.keep(experiment, who, seed, outcome)
                print(f"  deal {seed}: {who.models[0]} ({time.strftime('%H:%M:%S')})", flush=True)
            for model in who.models:
                runs.setdefault(model, []).append(outcome.predictions[model].to_numpy())
                seconds.setdefault(model, []).append(outcome.seconds[model])
    if experiment.name in DRAWN:
        terms = told_terms(DRAWN[experiment.name])
        runs[TOLD] = [told_predictions(terms, experiment.deal(seed)) for seed in seeds]
    found = judge(experiment, runs, contestants[0].models[0])
    for model, spent in seconds.items():
        found["models"][model]["cpu_seconds"] = sum(spent) / len(spent)
    return found


def estimate(
    store: Store, experiment: Experiment, contestants: list[Contestant], seeds: Sequence[int]
) -> None:
    """Say what is left to do, and how long it took where it was done."""
    left = [who for who in contestants for s in seeds if store.find(experiment, who, s) is None]
    timed = [store.estimate(experiment, who) for who in left]
    known = sum(spent for spent in timed if spent is not None)
    untimed = sum(spent is None for spent in timed)
    print(
        f"{experiment.name}: {len(experiment.cells):,} cells, {len(experiment.bands)} bands; "
        f"{len(left)} runs to do, about {known:.0f} CPU seconds"
        + (f" and {untimed} runs never timed" if untimed else "")
        + f" ({time.strftime('%H:%M:%S')})",
        flush=True,
    )


if __name__ == "__main__":
    main()
