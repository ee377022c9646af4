"""The progress bar."""

from __future__ import annotations

import io

from rich.console import Console

from mineral_prospectivity.vae.progress import RichProgress
from mineral_prospectivity.vae.train import TrainingProgress

STATE = TrainingProgress(
    step=40, steps=80, members=(3, 4), loss=1.25, kl=7.5, active_units=6.0
)  # fmt: skip


def test_a_terminal_sees_loss_kl_and_active_units():
    output = io.StringIO()
    with RichProgress(Console(file=output, force_terminal=True, width=120)) as progress:
        progress(STATE)
    for part in ("members 3 to 4", "40/80", "loss 1.250", "KL 7.5", "active units 6.0"):
        assert part in output.getvalue()


def test_a_file_sees_nothing():
    output = io.StringIO()
    with RichProgress(Console(file=output, force_terminal=False)) as progress:
        progress(STATE)
    assert output.getvalue().strip() == ""
