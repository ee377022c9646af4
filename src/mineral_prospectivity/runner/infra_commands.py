"""``kedro infra deploy|status|push-image|push-data|destroy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mineral_prospectivity.runner.batch_commands import plain_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.stack import Stack

TEMPLATE = "infra/template.yml"


def stack_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every command on a stack takes."""
    region = click.option("--region", help="AWS region; without it, the session's.")
    name = click.option(
        "--stack", default="mineral-prospectivity", show_default=True, help="Name of the stack."
    )
    return region(name(command))


def _stack(name: str, region: str | None) -> tuple[Aws, Stack]:
    from mineral_prospectivity.runner.aws import Aws
    from mineral_prospectivity.runner.errors import PreflightError
    from mineral_prospectivity.runner.preflight import check_credentials
    from mineral_prospectivity.runner.stack import Stack

    aws = Aws(region)
    problems = check_credentials(aws)
    if problems:
        raise PreflightError(problems[0])
    return aws, Stack(aws, name)


@click.group()
def infra() -> None:
    """Deploy what AWS Batch needs, look at it, fill it, tear it down."""


@infra.command()
@stack_options
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the template."
)
@click.option("--yes", is_flag=True, help="Make the changes without asking.")
@plain_errors
def deploy(stack: str, region: str | None, given: tuple[str, ...], yes: bool) -> None:
    """Show what would change, ask, and make the stack so."""
    _deploy(_stack(stack, region)[1], _pairs(given), yes=yes)


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(one.partition("=")[::2] for one in given)
    wrong = [one for one in given if "=" not in one]
    if wrong:
        msg = f"--set {wrong[0]}: give NAME=VALUE"
        raise click.BadParameter(msg)
    return pairs


def _deploy(stack: Stack, parameters: dict[str, str], *, yes: bool) -> None:
    from mineral_prospectivity.runner.environment import project_path
    from mineral_prospectivity.runner.outputs import keep_outputs

    template = (project_path() / TEMPLATE).read_text(encoding="utf-8")
    if stack.was_never_made():
        click.echo(f"removing what the failed deployment of stack {stack.name} left")
        stack.destroy()
    name, changes = stack.propose(template, parameters)
    if not changes:
        click.echo(f"stack {stack.name} is as the template says")
        keep_outputs(stack.outputs())
        return
    click.echo(f"stack {stack.name} would change:")
    for change in changes:
        click.echo(f"  {change}")
    if not yes and not click.confirm("make these changes?"):
        stack.forget(name)
        click.echo("nothing was changed")
        return
    outputs = stack.execute(name)
    file = keep_outputs(outputs)
    click.echo(f"stack {stack.name} stands; its names are in {file.relative_to(project_path())}:")
    _show(outputs)


def _show(outputs: dict[str, str]) -> None:
    for key, value in outputs.items():
        click.echo(f"  {key}: {value}")


@infra.command()
@stack_options
@plain_errors
def status(stack: str, region: str | None) -> None:
    """Show the stack's state and outputs, and keep them for this checkout."""
    from mineral_prospectivity.runner.outputs import keep_outputs

    _, found = _stack(stack, region)
    outputs = found.outputs()
    keep_outputs(outputs)
    click.echo(f"stack {stack}: {(found.describe() or {}).get('StackStatus')}")
    _show(outputs)


@infra.command("push-image")
@stack_options
@click.option("--tag", help="Tag of the image; without it, the commit.")
@click.option("--yes", is_flag=True, help="Let jobs use it without asking.")
@plain_errors
def push_image(stack: str, region: str | None, tag: str | None, yes: bool) -> None:
    """Build the image, push it, and let the jobs use it."""
    from mineral_prospectivity.runner import image
    from mineral_prospectivity.runner.environment import project_path

    tag = tag or image.tag_of(project_path())
    aws, found = _stack(stack, region)
    name = image.push_image(aws, project_path(), found.outputs()["Repository"], tag)
    click.echo(f"pushed {name}")
    _deploy(found, {"ImageTag": tag}, yes=yes)


@infra.command("push-data")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@stack_options
@plain_errors
def push_data(folders: tuple[Path, ...], stack: str, region: str | None) -> None:
    """Copy folders, data/01_raw without any, below the stack's root, as they are named here."""
    from mineral_prospectivity.runner.data import push_folder
    from mineral_prospectivity.runner.environment import project_path
    from mineral_prospectivity.runner.store import Store

    aws, found = _stack(stack, region)
    store = Store(aws.s3, found.outputs()["Root"]).below("data")
    data = project_path() / "data"
    for folder in folders or (data / "01_raw",):
        sent, kept = push_folder(store, folder.resolve(), data)
        click.echo(f"{folder}: {sent} files copied to {store.uri}, {kept} were there already")


@infra.command()
@stack_options
@click.option("--delete-data", is_flag=True, help="Delete the bucket too, with all it holds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def destroy(stack: str, region: str | None, delete_data: bool, yes: bool) -> None:
    """Delete the stack; the bucket stays unless told otherwise."""
    _, found = _stack(stack, region)
    bucket = found.bucket()
    doomed = bucket if delete_data else None
    what = f"stack {stack}" + (f" and bucket {doomed} with all data" if doomed else "")
    if not yes:
        click.confirm(f"delete {what}?", abort=True)
    found.destroy()
    click.echo(f"stack {stack} is gone")
    if doomed:
        count = found.delete_bucket(doomed)
        click.echo(f"bucket {doomed} is gone, with {count} objects and versions")
    elif bucket:
        click.echo(f"bucket {bucket} stays, and costs what it stores")
