"""Write a simulated region: ``python -m mineral_prospectivity.simulation --output DIR``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mineral_prospectivity.simulation import simulate_region, write_region


def main() -> None:
    """Write the region of a seed."""
    parser = argparse.ArgumentParser(prog="python -m mineral_prospectivity.simulation")
    parser.add_argument("--seed", type=int, default=1, help="seed of the region")
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    options = parser.parse_args()
    write_region(simulate_region(options.seed), options.output)


if __name__ == "__main__":
    main()
