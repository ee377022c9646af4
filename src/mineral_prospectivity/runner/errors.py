"""What can go wrong between here and AWS Batch, each with its remedy in the message."""

from __future__ import annotations

from mineral_prospectivity.errors import ConfigurationError


class PreflightError(ConfigurationError):
    """Something that would make every job fail, found before any was submitted."""


class BatchError(RuntimeError):
    """Jobs of a run failed, or the driver cannot go on."""


class RunLockedError(BatchError):
    """Another driver is in charge of the run."""


class CredentialsExpiredError(BatchError):
    """The driver's credentials ended; the jobs, which have their own, go on."""
