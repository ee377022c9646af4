import dataclasses

import numpy as np
import pandas as pd
import pytest

from mineral_prospectivity.reporting.thumbnails import thumbnail
from mineral_prospectivity.reporting.why import drivers_figure, importance_figure, latent_figure
from mineral_prospectivity.reporting.why_section import why_section
from mineral_prospectivity.reporting.words import percent


@pytest.fixture(scope="module")
def section(inputs):
    return why_section(
        inputs.reasons, thumbnail(inputs.prediction), inputs.deposits, inputs.targets
    )


def drivers_of(target, **layers):
    table = pd.DataFrame({"layer": list(layers), "contribution": list(layers.values())})
    return table.assign(target_id=target, reading=table["layer"])


def test_bars_are_signed_and_the_rest_is_one_bar(inputs):
    first = inputs.targets.iloc[:1]
    layers = {
        f"layer {n}": value for n, value in enumerate([0.1, -2, 1.5, 0.9, 0.8, 0.7, 0.3, -0.1])
    }
    figure = drivers_figure(drivers_of(first.target_id.iloc[0], **layers), first)
    axes = figure.axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([-2, 1.5, 0.9, 0.8, 0.7, 0.3, 0.0])
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "2 others"
    colours = {bar.get_facecolor() for bar in axes.patches[:2]}
    assert len(colours) == 2


def test_targets_that_are_not_explained_are_not_drawn(inputs):
    first = inputs.targets.iloc[:1]
    assert drivers_figure(drivers_of(first.target_id.iloc[0], copper=np.nan), first) is None


def test_importance_keeps_its_order_and_its_intervals(inputs):
    importance = inputs.reasons.importance
    left, right = importance_figure(importance, inputs.reasons.drivers).axes
    assert [t.get_text() for t in left.get_yticklabels()] == importance["layer"].tolist()
    widths = [bar.get_width() for bar in left.patches]
    assert widths == pytest.approx((1000 * importance["nll_increase"]).tolist())
    expected = inputs.reasons.drivers.groupby("layer")["contribution"].agg(lambda v: v.abs().mean())
    found = [bar.get_width() for bar in right.patches]
    assert found == pytest.approx(expected.loc[importance["layer"]].tolist())


def test_latent_view_shows_all_cells_deposits_and_targets(inputs):
    latent, view = (thumbnail(r) for r in (inputs.reasons.latent, inputs.reasons.latent_view))
    p = thumbnail(inputs.prediction).band("probability")
    figure = latent_figure(latent, view, p, inputs.deposits, inputs.targets)
    cells, deposits = figure.axes[0].collections[:2]
    assert len(cells.get_offsets()) == np.isfinite(p).sum()
    row, col = np.divmod(inputs.cells.cell[inputs.cells.deposits > 0].to_numpy(), p.shape[1])
    known = {tuple(xy) for xy in latent.values[:, row, col].T.astype(float)}
    assert {tuple(xy) for xy in deposits.get_offsets()} == known
    assert len(figure.axes[0].texts) == min(10, len(inputs.targets))


def test_words_name_what_drives_and_what_cannot_be_told(section):
    driving, clear, unclear = section["why"]
    assert driving.startswith("In the targets, at the usual distance from fault (+")
    assert "shuffling gravity makes the predictions clearly worse" in clear
    assert "Shuffling fault_distance makes no difference" in unclear


def test_few_deposits_make_no_layer_clearly_worse(inputs):
    prediction = thumbnail(inputs.prediction)
    section = why_section(inputs.reasons, prediction, inputs.deposits, inputs.targets, few=True)
    assert section["why"][1].endswith("worse, as far as so few deposits can tell.")


def test_rows_say_what_each_target_resembles(section, inputs):
    rows = section["why_targets"].rows
    assert len(rows) == len(inputs.targets)
    assert rows[0][3] == inputs.targets.similar_deposits.iloc[0]
    assert 0 <= int(rows[0][4]) <= 100
    assert float(rows[0][5]) == pytest.approx(inputs.targets.unlike_training.iloc[0], abs=0.005)
    outside = inputs.targets.outside_applicability.iloc[0]
    assert rows[0][6] == percent(outside)


def test_without_targets_the_figure_is_absent_with_its_reason(inputs):
    none = inputs.targets.iloc[:0]
    reasons = dataclasses.replace(inputs.reasons, drivers=inputs.reasons.drivers.iloc[:0])
    section = why_section(reasons, thumbnail(inputs.prediction), inputs.deposits, none)
    assert section["why_figures"]["drivers"].absent == "no target is explained"
    assert section["why"][0] == "No target is explained."
