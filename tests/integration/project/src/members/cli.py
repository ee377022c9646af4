from mineral_prospectivity.cli import cli, run

__all__ = ["cli", "run"]
