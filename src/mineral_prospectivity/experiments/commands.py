"""``kedro experiment new|check|compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mineral_prospectivity.runner.batch_commands import plain_errors
from mineral_prospectivity.runner.environment import project_path

if TYPE_CHECKING:
    from mineral_prospectivity.config import ComposingConfigLoader
    from mineral_prospectivity.experiments.draft import Draft

EXISTING = click.Path(exists=True, path_type=Path, resolve_path=True)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)


@click.group()
def experiment() -> None:
    """Make an experiment of your own data, check it, compare it with others."""


@experiment.command()
@click.argument("name")
@click.option("--layers", required=True, type=FOLDER, help="Folder with the layers.")
@click.option("--deposits", required=True, type=EXISTING, help="Known deposits.")
@click.option("--crs", help="Projected CRS of the grid, such as EPSG:7845.")
@click.option("--resolution", type=click.FloatRange(min=0, min_open=True), help="Cell, m.")
@click.option(
    "--bounds", type=float, nargs=4, metavar="W S E N", help="Limits of the grid, m, in its CRS."
)
@click.option("--force", is_flag=True, help="Write an experiment anew that exists.")
@plain_errors
def new(name: str, layers: Path, deposits: Path, *, force: bool, **grid: Any) -> None:
    """Look at layers and deposits, and write conf/NAME, every guess marked."""
    from mineral_prospectivity.experiments.draft import draft_experiment
    from mineral_prospectivity.experiments.new import require_new, write_experiment

    project = project_path()
    conf, data = project / "conf", project / "data"
    require_new(name, conf, force=force)
    draft = draft_experiment(
        name,
        layers,
        deposits,
        data / "01_raw" / name,
        **grid,
    )
    picture = write_experiment(draft, conf, data / "08_reporting" / name)
    _show_draft(draft, conf / name, picture, Console())


def _show_draft(draft: Draft, conf: Path, picture: Path, console: Console) -> None:
    table = Table("layer", "kind", "file", "what it holds", title=f"{draft.name}: layers")
    for found in draft.layers:
        kind = found.fields["kind"] + {"peer": ", only compared", "off": ", off"}.get(found.use, "")
        table.add_row(found.name, kind, found.path.name, found.about)
    table.add_row("deposits", "", draft.deposits.path.name, draft.deposits.about)
    console.print(table)
    for what, choice in (("CRS", draft.crs), ("cell", draft.resolution), ("folds", draft.blocks)):
        value = f"{choice.value:g} m" if isinstance(choice.value, float) else choice.value
        shown = "" if what == "folds" else f"{value}: "
        console.print(f"{what}: {shown}{choice.why}", highlight=False)
    if draft.left_out:
        console.print("\n[bold]Left out[/bold]")
        for one in draft.left_out:
            console.print(f"  {escape(one.path.name)}: {escape(one.why)}", highlight=False)
    if draft.doubts:
        console.print("\n[bold yellow]Look at these[/bold yellow]")
        for name, doubt in draft.doubts:
            console.print(f"  [bold]{name}[/bold]: {escape(doubt)}", highlight=False)
    root = conf.parent.parent
    console.print(
        f"\nWritten: {conf.relative_to(root)} (three files, every guess with its reason), "
        f"{draft.raw.relative_to(root)} (the layers), {picture.relative_to(root)} (a picture)",
        highlight=False,
    )
    console.print(
        f"Next: look at the picture, correct conf/{draft.name}, then\n"
        f"  kedro experiment check {draft.name}\n  kedro run --env {draft.name}",
        highlight=False,
    )


@experiment.command()
@click.argument("name")
@plain_errors
def check(name: str) -> None:
    """Find all that is wrong with an experiment before it runs; NAME as for --env."""
    from mineral_prospectivity.experiments.check import check_experiment
    from mineral_prospectivity.runner.environment import load

    findings = check_experiment(cast("ComposingConfigLoader", load(name)), project_path())
    console = Console(soft_wrap=True)
    for fact in findings.facts:
        console.print(f"  {escape(fact)}", highlight=False)
    for title, problems, colour in (
        ("Warnings", findings.warnings, "yellow"),
        ("Errors", findings.errors, "red"),
    ):
        if problems:
            console.print(f"[bold {colour}]{title}[/bold {colour}]")
            for problem in problems:
                console.print(f"  - {escape(problem)}", highlight=False)
    if findings.errors:
        console.print(f"{name} cannot run yet: correct the errors, then check again")
        raise SystemExit(1)
    console.print(f"{name} can run: kedro run --env {name}", highlight=False)


@experiment.command()
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for tables and figures; without it, one in data/08_reporting.",
)
@plain_errors
def compare(names: tuple[str, ...], output: Path | None) -> None:
    """Compare finished experiments: settings, scores, maps, targets; NAMES as for --env."""
    from mineral_prospectivity.experiments import comparison, comparison_files
    from mineral_prospectivity.runner.environment import load

    if len(set(names)) < 2:  # noqa: PLR2004
        msg = "give the names of two experiments at least"
        raise click.UsageError(msg)
    # A loader is used before the next is made: OmegaConf's resolvers are the last loader's.
    results = [
        comparison.load_results(cast("ComposingConfigLoader", load(name)))
        for name in dict.fromkeys(names)
    ]
    pairs = comparison.pairs_of(results)
    console = Console()
    _show_table(console, "What differs", comparison_files.settings_table(results))
    _show_table(console, "Scores on held-out blocks", comparison_files.score_table(results))
    _show_table(console, comparison_files.PAIRED, comparison_files.difference_table(pairs))
    _show_table(console, "Maps and targets", comparison_files.pair_table(pairs))
    for line in comparison_files.remarks(results, pairs):
        console.print(f"- {escape(line)}", highlight=False, soft_wrap=True)
    together = "_".join(one.name for one in results)
    folder = output or project_path() / "data" / "08_reporting" / f"compare_{together}"
    for path in comparison_files.write_comparison(results, pairs, folder):
        console.print(f"written: {path}", highlight=False, soft_wrap=True)


def _show_table(console: Console, title: str, content: tuple[list[str], list[list[str]]]) -> None:
    head, rows = content
    table = Table(*head, title=title)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table if rows else f"{title}: none")
