"""A run that is killed, or whose disk is full, leaves whole files; the next one goes through."""

from __future__ import annotations

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
EVIDENCE = "03_primary/small/evidence.tif"

SMALLEST_DISK = 3 * 2**20
"""The two bands of the faults fit before they are compressed, the five of the lithology do not."""

STOPS_HALF_WAY = textwrap.dedent("""
    import time
    from pathlib import Path

    import rasterio.shutil
    from kedro.framework.cli.cli import main

    copy = rasterio.shutil.copy

    def half(source, target, **options):
        copy(source, target, **options)
        if Path(target).name == "evidence.tif":
            with Path(target).open("rb+") as file:
                file.truncate(1000)
            print("half", flush=True)
            time.sleep(60)

    rasterio.shutil.copy = half
    main()
""")


def command(experiment, *program):
    """Return the command that runs the experiment's data engineering in another process."""
    options = ["--conf-source", str(experiment.conf), "--env", "small"]
    return [sys.executable, *program, "run", *options, "--pipelines", "data_engineering"]


@pytest.fixture(scope="module")
def undisturbed(drawn, tmp_path_factory):
    """Return what an undisturbed run writes."""
    experiment = drawn.copy(tmp_path_factory.mktemp("undisturbed"))
    experiment.run("data_engineering")
    return experiment.written()


def test_a_full_disk(drawn, undisturbed, tmp_path):
    experiment = drawn.copy(tmp_path)
    done = subprocess.run(
        command(experiment, "-m", "kedro"),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALLEST_DISK,) * 2),
    )

    assert done.returncode == 1
    full = experiment.storage / "02_intermediate/small/lithology.tif"
    complaint = rf"Error: {re.escape(str(full))} cannot be written: .+\. Is the disk full\?"
    assert re.fullmatch(complaint, done.stderr.splitlines()[-1])
    assert "Traceback" not in done.stderr
    written = experiment.written()
    assert set(written) == {"02_intermediate/small/faults.tif"}
    assert written.items() <= undisturbed.items()

    experiment.run("data_engineering")
    assert experiment.written() == undisturbed


def test_a_killed_run(drawn, undisturbed, tmp_path):
    experiment = drawn.copy(tmp_path)
    experiment.run("data_engineering", grid={"resolution": 1000.0})
    before = experiment.written()
    program = command(experiment, "-c", STOPS_HALF_WAY)
    with subprocess.Popen(program, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL
    after = experiment.written()
    assert after[EVIDENCE] == before[EVIDENCE]
    assert after["02_intermediate/small/faults.tif"] != before["02_intermediate/small/faults.tif"]

    experiment.run("data_engineering")
    assert experiment.written().items() >= undisturbed.items()


def hear_ctrl_c():
    """Undo what a shell does to commands in its background, tests among them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_says_how_to_go_on_and_what_it_says_goes_on(drawn, tmp_path):
    experiment = drawn.copy(tmp_path)
    experiment.set_parameters(evaluation={"baselines": ["prevalence"], "bootstrap": 50})
    options = ["--conf-source", str(experiment.conf), "--env", "small"]
    longer = ["--params", "model.steps=100000"]
    run = [sys.executable, "-m", "kedro", "run", *options]
    with subprocess.Popen(
        [*run, *longer],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - it takes no lock
    ) as process:
        while "train_member" not in (line := process.stderr.readline()):
            assert line, "training never began"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert process.returncode == 130
    assert "Traceback" not in said
    go_on = shlex.join(["kedro", "run", "--only-missing-outputs", *options, *longer])
    assert said.strip().splitlines()[-2:] == [
        "Stopped. Every file that was finished is whole; go on where it stopped with",
        f"  {go_on}",
    ]
    engineered = experiment.written()
    assert "05_model_input/small/cells.parquet" in engineered

    done = subprocess.run(
        [*run, "--only-missing-outputs"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "stack_evidence" not in done.stderr
    assert experiment.written().items() >= engineered.items()
    assert experiment.output("report.html").exists()
    assert experiment.output("targets.gpkg").exists()
