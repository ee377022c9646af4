"""Judge the ensemble's uncertainty: coverage, error, ground not seen, odd inputs, labels bought.

On simulated regions p given the layers is known, so that its coverage is a fair question. Answers
are kept in ``--store`` one by one, so that what was interrupted goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from judging import uncertainties
from judging.about import about
from judging.contestants import code_digest
from judging.experiments import PROJECT, Experiment
from judging.figure import draw_uncertainty
from judging.page import uncertainty_table
from judging.regions import REGIONS
from judging.store import write_json
from judging.uncertainties import intervals, learning, or_absent, replay
from quality import load

REPORTED = ("demo", *REGIONS, "cloncurry")
SEEDS = (100, 101, 102)
FOREIGN = {
    "demo": "sim_101",
    "sim_101": "sim_102",
    "sim_102": "sim_101",
    "sim_103_omitted": "dev_13_omitted",
    "sim_104_rare": "sim_101",
    "sim_105_wide": "dev_15_wide",
    "dev_16_small": "dev_11",
}
"""Another region with the same layers."""

QUESTIONS = ("intervals", "learning", "replay")


def main() -> None:
    options = parse()
    summary: dict[str, Any] = {}
    wanted = len(options.experiments) * len(options.questions) * len(options.seeds)
    kept = len(list(options.store.glob("*/*.json")))
    print(
        f"{wanted} answers wanted, {kept} kept so far; one takes one to three minutes", flush=True
    )
    for name in options.experiments:
        experiment = load(name, options.drawn)
        foreign = load(FOREIGN[name], options.drawn) if name in FOREIGN else None
        ask = {
            "intervals": partial(intervals, experiment),
            "learning": partial(learning, experiment, foreign=foreign),
            "replay": partial(replay, experiment),
        }
        summary[experiment.name] = {
            question: [answer(options.store, experiment, question, ask[question], seed)
                       for seed in options.seeds]
            for question in options.questions
        }  # fmt: skip
    write_json(
        options.store / "summary.json", {**about(), "seeds": options.seeds, "experiments": summary}
    )
    print("\n" + uncertainty_table(summary))
    draw_uncertainty(summary, options.store / "uncertainty.png")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", nargs="*", default=REPORTED, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--questions", nargs="+", default=QUESTIONS, choices=QUESTIONS)
    parser.add_argument("--store", type=Path, default=PROJECT / "data/benchmarks/uncertainty")
    parser.add_argument(
        "--drawn", type=Path, default=PROJECT / "data/benchmarks/quality", help="drawn regions"
    )
    parser.add_argument("--quick", action="store_true", help="one small region, one seed")
    options = parser.parse_args()
    if options.quick:
        options.experiments, options.seeds = ("dev_16_small",), [0]
    return options


def answer(store: Path, experiment: Experiment, question: str, ask: Any, seed: int) -> Any:
    """Return the answer for one deal of the ground, kept or found now, with its CPU seconds."""
    path = store / experiment.name / f"{question}-{seed}.json"
    code = code_digest("vae", "uq", "api", "pipelines/uncertainty")
    questions = Path(uncertainties.__file__).read_text(encoding="utf-8")
    asked = [experiment.digest, experiment.parameters.model_dump_json(), code, questions]
    key = hashlib.sha256("\n".join(asked).encode()).hexdigest()
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["key"] == key:
            return known["answer"]
    start = time.process_time()
    found = or_absent(ask, seed=seed)
    seconds = time.process_time() - start
    write_json(path, {"key": key, "seconds": seconds, "answer": found})
    print(f"{experiment.name} seed {seed}: {question}, {seconds:.0f} CPU s", flush=True)
    return found


if __name__ == "__main__":
    main()
