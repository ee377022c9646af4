"""``kedro batch status|logs|cancel|cost``; ``resume`` is beside ``kedro run``, in ``cli``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from mineral_prospectivity.errors import user_error
from mineral_prospectivity.runner.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mineral_prospectivity.runner.admin import RunFiles

env_option = click.option(
    "--env",
    "-e",
    default="aws",
    envvar="KEDRO_ENV",
    show_default=True,
    help="Environment whose batch.yml says where the run is.",
)
run_argument = click.argument("run_id")
RESOLVER = "ConfigurationError raised while resolving interpolation: "


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show what users can cause, and what AWS refuses, as one message without a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except BatchError as error:
            raise click.ClickException(str(error)) from error
        except Exception as error:
            known = user_error(error)
            message = _aws_message(error) if known is None else str(known)
            if message is None:
                raise
            raise click.ClickException(message) from error

    return wrapped


def _aws_message(error: Exception) -> str | None:
    if isinstance(error, ModuleNotFoundError) and error.name in {"boto3", "botocore", "s3fs"}:
        return "the AWS packages are missing: pip install 'mineral-prospectivity[aws]'"
    if type(error).__module__.startswith("omegaconf"):
        return str(error).splitlines()[0].removeprefix(RESOLVER)
    if type(error).__module__.startswith(("botocore", "boto3")):
        return f"AWS: {' '.join(str(error).split())}"
    return None


def _open(env: str, run_id: str) -> RunFiles:
    from mineral_prospectivity.runner.admin import RunFiles
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.environment import settings_of

    settings = settings_of(env)
    return RunFiles(Aws(settings.region), settings, run_id)


@click.group()
def batch() -> None:
    """Look at runs on AWS Batch, end them, go on with them."""


@batch.command()
@click.argument("run_id", required=False)
@env_option
@plain_errors
def status(run_id: str | None, env: str) -> None:
    """Show every job of a run; without an id, list the runs."""
    if run_id is None:
        _list_runs(env)
        return
    from mineral_prospectivity.runner.progress import duration

    run = _open(env, run_id)
    table = Table(title=f"run {run_id}", title_justify="left")
    for column in ("node", "state", "time", "reclaimed", "reason"):
        table.add_column(column, justify="right" if column in {"time", "reclaimed"} else "left")
    jobs = run.jobs()
    for job in jobs:
        reclaimed = str(job.reclaimed) if job.reclaimed else ""
        table.add_row(job.node, job.state, duration(job.seconds), reclaimed, job.reason)
    Console().print(table)
    states = [job.state for job in jobs]
    click.echo(", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))))


def _list_runs(env: str) -> None:
    from mineral_prospectivity.runner.admin import run_ids
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.environment import settings_of

    settings = settings_of(env)
    for run_id in run_ids(Aws(settings.region), settings):
        click.echo(run_id)


@batch.command()
@run_argument
@click.argument("node")
@click.option("--lines", "-n", default=100, show_default=True, help="Lines from the end.")
@click.option("--follow", "-f", is_flag=True, help="Go on showing new lines until the job ends.")
@env_option
@plain_errors
def logs(run_id: str, node: str, lines: int, follow: bool, env: str) -> None:
    """Show what a node's job printed."""
    from mineral_prospectivity.runner.admin import follow_job
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.logs import tail

    run = _open(env, run_id)
    client = Aws(run.settings.region).logs
    if not follow:
        stream = run.job(node).log_stream
        click.echo("\n".join(tail(client, run.settings.log_group, stream, lines)))
        return
    for line in follow_job(run, node, client):
        click.echo(line)


@batch.command()
@run_argument
@env_option
@plain_errors
def cancel(run_id: str, env: str) -> None:
    """End every job of a run; what is done is kept."""
    left = _open(env, run_id).cancel("cancelled by kedro batch cancel")
    click.echo(
        f"{left} jobs of run {run_id} have been told to end and have not yet"
        if left
        else f"no job of run {run_id} goes any more; kedro batch resume {run_id} goes on with it"
    )


@batch.command()
@run_argument
@env_option
@plain_errors
def cost(run_id: str, env: str) -> None:
    """Show what a run has cost so far, by the prices of batch.yml."""
    spent = _open(env, run_id).cost()
    click.echo(
        f"{spent.hours:.2f} job hours, {spent.vcpu_hours:.2f} vCPU hours, "
        f"{spent.gpu_hours:.2f} GPU hours: {spent}"
    )
