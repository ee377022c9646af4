"""Mineral prospectivity maps with calibrated uncertainty, spatial validation and risk-return."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mineral-prospectivity")
except PackageNotFoundError:  # used from a source tree that was never installed
    __version__ = "0+unknown"
