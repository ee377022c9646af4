"""The kinds of model, and the settings of each: what ``model`` may say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, TypeAdapter

from mineral_prospectivity.vae.conditional.settings import CvaeSettings
from mineral_prospectivity.vae.settings import VaeSettings

DEFAULT = "vae"
KINDS: dict[str, type[VaeSettings | CvaeSettings]] = {"vae": VaeSettings, "cvae": CvaeSettings}
"""Settings by the name of their kind."""


def kind_of(value: Any) -> Any:
    """Return the kind that settings, or the values for them, are of."""
    if isinstance(value, dict):
        return value.get("kind", DEFAULT)
    return getattr(value, "kind", None)


def _spelled_out(value: Any) -> Any:
    """Take a bare name for that kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value


ModelSettings = Annotated[
    Annotated[VaeSettings, Tag("vae")] | Annotated[CvaeSettings, Tag("cvae")],
    Discriminator(
        kind_of,
        custom_error_type="unknown_kind",
        custom_error_message=f"there is no such kind of model; allowed: {', '.join(KINDS)}",
    ),
    BeforeValidator(_spelled_out),
]
"""Settings of one kind of model, told apart by ``kind``; without it they are of the default."""

_ADAPTER: TypeAdapter[VaeSettings | CvaeSettings] = TypeAdapter(ModelSettings)


def model_settings(values: Any) -> VaeSettings | CvaeSettings:
    """Return the typed settings of a model from plain values, or from the name of its kind.

    Raises
    ------
    pydantic.ValidationError
        When there is no such kind, or it has no such parameter.

    Examples
    --------
    >>> model_settings("cvae").kind, model_settings({"latent": 4}).kind
    ('cvae', 'vae')
    """
    return _ADAPTER.validate_python(values)
