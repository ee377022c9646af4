"""What a person sees of training."""

from __future__ import annotations

import io
import logging

from rich.console import Console

from mineral_prospectivity.pipelines.training.progress import show_training
from mineral_prospectivity.vae.progress import TrainingProgress


def shown(*, terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    with show_training("members_000_009", console) as progress:
        progress(TrainingProgress(50, 200, (0, 1), loss=1.2345, kl=6.789, active_units=7.5))
    return console.file.getvalue()


def test_a_terminal_sees_loss_kl_and_active_units():
    text = shown(terminal=True)

    assert "members_000_009" in text
    assert "25 %" in text
    assert "loss 1.234  KL 6.79  active units 7.5" in text


def test_a_log_file_sees_nothing():
    assert shown(terminal=False) == ""


def test_a_run_says_first_what_it_is_of_and_where_its_results_go(drawn, tmp_path, caplog):
    experiment = drawn.copy(tmp_path)
    with caplog.at_level(logging.INFO, "mineral_prospectivity.hooks"):
        experiment.run("data_engineering")

    folder = f"{experiment.storage}/08_reporting/small"
    said = [one.getMessage() for one in caplog.records if one.name.endswith("prospectivity.hooks")]
    assert said[0] == f"experiment small: results go to {folder}"
    assert said[1].startswith("1/")
    assert said[-1].endswith(f"results are in {folder}")
