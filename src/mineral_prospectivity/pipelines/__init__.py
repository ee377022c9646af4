"""The five pipelines; they meet in the catalog alone."""

import warnings

# Dotted names are meant: kedro-viz groups layers, maps and members by what stands before the dot.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
