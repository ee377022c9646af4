"""Run the project as a module or as the installed command."""

from __future__ import annotations

import sys
from pathlib import Path

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main() -> None:
    """Run ``kedro run`` of this package with the given arguments."""
    configure_project(__package__ or Path(__file__).parent.name)
    find_run_command(__package__ or Path(__file__).parent.name)(sys.argv[1:])


if __name__ == "__main__":
    main()
