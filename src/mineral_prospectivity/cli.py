"""The project's commands: Kedro's ``run`` with the environment's runner, ``batch``, ``infra``."""

from __future__ import annotations

import os
import shlex
import sys
from copy import copy
from typing import Any, cast

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.project import LOGGING
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from mineral_prospectivity.config_errors import kedro_problems
from mineral_prospectivity.errors import user_error
from mineral_prospectivity.experiments.commands import experiment
from mineral_prospectivity.runner import environment, inside
from mineral_prospectivity.runner.batch_commands import (
    batch,
    env_option,
    plain_errors,
    run_argument,
)
from mineral_prospectivity.runner.infra_commands import infra

BATCH_RUNNER = "mineral_prospectivity.runner.batch_runner.BatchRunner"
ONLY_MISSING = "--only-missing-outputs"
STOPPED = "Stopped. Every file that was finished is whole; go on where it stopped with"
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells expect it."""

PARAMS_FORM = (
    "Give name=value, with commas between and lists in brackets: "
    "--params 'ensemble.size=3,evaluation.capture_areas=[0.01,0.1]'"
)

BATCH_OPTIONS = [
    click.Option(
        ["--resume"], help="Id of a run on AWS Batch to go on with, exactly as it was begun."
    ),
    click.Option(
        ["--dry-run"], is_flag=True, help="Check AWS Batch, show the plan and its cost, and stop."
    ),
    click.Option(["--fail-fast"], is_flag=True, help="End the other jobs when one fails."),
]


def split_params(_context: click.Context, _option: click.Parameter, value: Any) -> dict[str, Any]:
    """Return the parameters of ``--params``, of which a list or a group may hold commas.

    Examples
    --------
    >>> split_params(None, None, "ensemble.size=3,evaluation.capture_areas=[0.1,0.2]")
    {'ensemble': {'size': 3}, 'evaluation': {'capture_areas': [0.1, 0.2]}}
    """
    if isinstance(value, dict):
        return value
    items, depth = [""], 0
    for letter in value:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth:
            items.append("")
        else:
            items[-1] += letter
    pairs = [item.strip() for item in items if item.strip()]
    wrong = next((pair for pair in pairs if not pair.partition("=")[0] or "=" not in pair), None)
    try:
        if wrong is None:
            return cast("dict[str, Any]", OmegaConf.to_container(OmegaConf.from_dotlist(pairs)))
    except (YAMLError, OmegaConfBaseException):
        wrong = value
    msg = f"--params: {wrong!r} cannot be read. {PARAMS_FORM}"
    raise click.UsageError(msg)


def _with_lists(option: click.Parameter) -> click.Parameter:
    """Return an option of ``kedro run``; ``--params`` such that it takes lists."""
    if option.name != "params":
        return option
    taking_lists = copy(option)
    taking_lists.callback = split_params
    return taking_lists


@click.group(name="mineral-prospectivity")
def cli() -> None:
    """Mineral prospectivity maps, here or on AWS Batch."""


cli.add_command(batch)
cli.add_command(infra)
cli.add_command(experiment)


@cli.command(name="run", params=[*map(_with_lists, kedro_run.params), *BATCH_OPTIONS])
@plain_errors
def run(resume: str | None, dry_run: bool, fail_fast: bool, **options: Any) -> Any:
    """Run the pipeline: as jobs on AWS Batch where the environment has a batch.yml."""
    if options.get("pipeline") and not options.get("pipelines"):  # Kedro's older spelling of it
        options |= {"pipelines": [options["pipeline"]], "pipeline": None}
    if inside.is_job():
        LOGGING.configure(inside.PLAIN_LOGGING)  # rich output is unreadable in a job's log
        return _kedro_run(**options)
    wanted = {"resume": resume, "dry_run": dry_run or None, "fail_fast": fail_fast or None}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if options.get("runner") is None and _on_batch(options):
        options["runner"] = BATCH_RUNNER
    if wanted and options.get("runner") != BATCH_RUNNER:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in wanted)
        msg = f"{flags}: only for runs on AWS Batch; add --env aws"
        raise click.UsageError(msg)
    if resume is not None:
        options = _as_begun(resume, options)
    options["runner_params"] = {**(options.get("runner_params") or {}), **wanted}
    return _kedro_run(**options)


@batch.command()
@run_argument
@click.option("--fail-fast", is_flag=True, help="End the other jobs when one fails.")
@env_option
@click.pass_context
def resume(context: click.Context, run_id: str, fail_fast: bool, env: str) -> None:
    """Go on with a run: adopt its jobs, skip what is done, submit what is missing."""
    context.invoke(run, env=env, resume=run_id, fail_fast=fail_fast)


def _kedro_run(**options: Any) -> Any:
    assert kedro_run.callback is not None  # noqa: S101 - a command has one, which mypy cannot know
    try:
        return kedro_run.callback(**options)
    except KedroCliError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        click.echo(f"\n{STOPPED}\n  {_command_to_go_on()}", err=True)
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # threads that still train would be waited for
    except Exception as error:
        problems = [] if user_error(error) else _problems(error, options)
        if not problems:
            raise
        raise click.ClickException("\n".join(problems)) from error


def _problems(error: Exception, options: dict[str, Any]) -> list[str]:
    loader = environment.load(options.get("env"), options.get("conf_source"), options.get("params"))
    return kedro_problems(error, options, loader["catalog"])


def _command_to_go_on() -> str:
    """Return the command that was given, so that it skips what is done."""
    given = sys.argv[2:] if sys.argv[1:2] == ["run"] else sys.argv[1:]
    skip = [] if ONLY_MISSING in given else [ONLY_MISSING]
    return shlex.join(["kedro", "run", *skip, *given])


def _on_batch(options: dict[str, Any]) -> bool:
    loader = environment.load(options.get("env"), options.get("conf_source"), options.get("params"))
    return environment.has_batch(loader)


def _as_begun(run_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a run was begun with, reading the configuration it was given."""
    from mineral_prospectivity.runner import snapshot
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.record import SELECTION, read_record
    from mineral_prospectivity.runner.run import RUNS
    from mineral_prospectivity.runner.store import Store

    settings = environment.settings_of(options.get("env"))
    store = Store(Aws(settings.region).s3, settings.root).below(f"{RUNS}/{run_id}")
    selection = read_record(store)["selection"]
    forgotten: dict[str, Any] = dict.fromkeys(SELECTION.values(), ())
    forgotten |= {"only_missing_outputs": False, "load_versions": None, "pipeline": None}
    return {
        **options,
        **forgotten,
        **selection,
        "params": {},
        "conf_source": snapshot.source_of(store),
        "env": snapshot.ENVIRONMENT,
    }
