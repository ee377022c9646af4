"""The benchmarks are scripts beside their package: put their folder where scripts find it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
