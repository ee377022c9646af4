"""Regions where the probability of a deposit is known, for the demo, for tests and for scale."""

from mineral_prospectivity.simulation.files import write_region
from mineral_prospectivity.simulation.instruments import Layer
from mineral_prospectivity.simulation.region import Region, simulate_region

__all__ = ["Layer", "Region", "simulate_region", "write_region"]
