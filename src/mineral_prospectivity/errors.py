"""The errors that a user can cause; each message names the file, the value and the remedy."""

from __future__ import annotations


class ProspectivityError(ValueError):
    """Base of every error that the data, the configuration or a file of the user causes."""


class ConfigurationError(ProspectivityError):
    """A parameter, a catalog entry or an environment that cannot be used."""


class LayerError(ProspectivityError):
    """An evidence layer that cannot become evidence."""


class DepositError(ProspectivityError):
    """Deposits that cannot become labels."""


class TrainingError(ProspectivityError):
    """A member that cannot be trained, or whose training went wrong."""


class BundleError(ProspectivityError):
    """A member bundle that is damaged, or that does not fit the evidence."""
