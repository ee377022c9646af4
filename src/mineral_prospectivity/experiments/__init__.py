"""From a folder of layers to an experiment: looked at, written, checked, compared."""
