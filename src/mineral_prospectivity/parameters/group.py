"""What all groups of parameters have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """A group of parameters: no names but its own, and no change once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
