"""``kedro infra deploy|status|push-image|destroy``."""

from __future__ import annotations

import click


@click.group()
def infra() -> None:
    """Deploy what AWS Batch needs, look at it, fill it, tear it down."""
