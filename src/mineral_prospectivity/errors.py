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


class OutdatedError(ProspectivityError):
    """What one pipeline wrote before another changed the data that it rests on."""


class StorageError(ProspectivityError):
    """A file that is missing or damaged, or that cannot be written."""


def user_error(error: BaseException) -> ProspectivityError | None:
    """Return what people need to know of an error: the first of its causes that is theirs.

    Kedro wraps what a dataset raises in an error of its own.

    Examples
    --------
    >>> try:
    ...     try:
    ...         raise LayerError("layer 'gravity': is constant")
    ...     except LayerError as cause:
    ...         raise RuntimeError("Failed while loading data") from cause
    ... except RuntimeError as error:
    ...     print(user_error(error))
    layer 'gravity': is constant
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ProspectivityError):
        cause = cause.__cause__
    return cause


def own_words(error: BaseException) -> str:
    """Return what the first of the errors that led to an error says, without its full stop.

    Examples
    --------
    >>> own_words(OSError("File too large."))
    'File too large'
    """
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).rstrip(".")
