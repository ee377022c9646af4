import dataclasses
import re
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import html5lib
import numpy as np
import pytest

from mineral_prospectivity import reporting
from mineral_prospectivity.reporting.report import render_report
from mineral_prospectivity.reporting.undiscovered import undiscovered_section
from mineral_prospectivity.scoring.evaluation import evaluate
from mineral_prospectivity.scoring.evaluation.truth import KnownProbability

VOID = {"meta", "img", "link", "br", "hr", "input"}


class Page(HTMLParser):
    """Collects tags, and checks that they close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def words(page):
    return re.sub(r"\s+", " ", " ".join(page.text))


def test_the_page_is_well_formed_and_has_a_language(html, page):
    assert html.lstrip().startswith("<!DOCTYPE html>")
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("meta")[1]["name"] == "viewport"


def test_the_page_is_valid_html(html):
    html5lib.HTMLParser(strict=True).parse(html.lstrip())


def test_nothing_is_fetched(page):
    for image in page.all("img"):
        assert image["src"].startswith(("data:image/png;base64,", "data:image/svg+xml;base64,"))
    assert not any("src" in script for script in page.all("script"))
    assert not page.all("link")
    assert all(link["href"].startswith("#") for link in page.all("a"))


def test_leaflet_is_embedded_as_it_was_published(html):
    vendor = files(reporting) / "templates" / "vendor"
    published = {
        "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
        "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    }
    for name, digest in published.items():
        assert sha256((vendor / name).read_bytes()).hexdigest() == digest
    assert "BSD 2-Clause" in (vendor / "leaflet.LICENSE").read_text(encoding="utf-8")
    assert "Leaflet 1.9.4, a JS library for interactive maps" in html
    assert "sourceMappingURL" not in html


def test_links_lead_to_parts_of_the_page(page):
    parts = {attributes.get("id") for _, attributes in page.tags}
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= parts


def test_every_figure_has_words_for_those_who_cannot_see_it(page):
    images = page.all("img")
    assert len(images) == 15
    assert all(len(image["alt"]) > 20 for image in images)
    assert len(page.all("figcaption")) == len(images)


def test_headings_step_down_one_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_geologist_comes_first(html):
    order = [html.index(f'id="{part}"') for part in ("short", "where", "sure", "worth", "wrong")]
    assert order == sorted(order)
    assert order[-1] < html.index('id="scores"') < html.index('id="engine"')


def test_names_are_escaped(html):
    assert "Simulated &lt;region&gt; &amp; test" in html
    assert "Mine <" not in html
    assert "Mine &lt;" in html


def test_only_the_date_differs_between_two_runs(html, inputs):
    later = render_report(dataclasses.replace(inputs, created="2031-01-01"))
    assert later.replace("2031-01-01", inputs.created) == html


def test_every_target_and_score_is_there(inputs, page):
    text = words(page)
    for target in inputs.targets.target_id:
        assert target in text
    assert "not distinguishable" in text
    assert "VAE ensemble, fit: not a test" in text
    assert "versions.numpy" in text
    assert "training 1 12.5 900 AWS Batch evaluation 1 2.25 – locally" in text
    assert "risk.economics.discovery_value" in text


@pytest.mark.usefixtures("_undrawn")
def test_a_published_map_is_scored_beside_the_fit(inputs, oof):
    fitted = oof[["label", "deposits", "weight", "probability"]].assign(peer_posterior=0.1)
    metrics = evaluate(oof, models=["probability"], fitted=fitted, bootstrap=60)
    text = words(Page(render_report(dataclasses.replace(inputs, metrics=metrics))))
    assert "posterior, fit: not a test" in text


@pytest.mark.usefixtures("_undrawn")
def test_absent_metrics_are_shown_as_absent(inputs, oof):
    oof = oof.drop(columns=["epistemic", "log_odds_sd", "novelty"])
    metrics = evaluate(oof, models=["probability"], bootstrap=60)
    metrics["curves"]["prediction_area"] = {"absent": "there is no deposit"}
    metrics["curves"]["prediction_rate"]["ensemble"] = {"absent": "there is no deposit"}
    metrics["models"]["ensemble"]["roc_auc"] = {"absent": "one class is missing"}
    metrics["differences"]["models"] = {"absent": "there are no replicates"}
    metrics["classification"]["ensemble"] = {"absent": "one class is missing"}
    page = Page(render_report(dataclasses.replace(inputs, metrics=metrics)))
    text = words(page)
    assert text.count("This figure is absent: there is no deposit.") == 2
    assert "absent: one class is missing" in text
    assert "Differences are absent: there are no replicates." in text
    assert "absent: the predictions hold no novelty" in text
    assert "Absent: the probability given the layers is not known." in text


@pytest.mark.usefixtures("_undrawn")
def test_a_simulated_region_is_compared_with_its_truth(inputs, oof):
    known = KnownProbability(given_layers=np.clip(oof.probability.to_numpy(), 1e-6, 1))
    metrics = evaluate(oof, models=["probability", "baseline_lightgbm"], truth=known, bootstrap=60)
    text = words(Page(render_report(dataclasses.replace(inputs, metrics=metrics))))
    assert "Against p given the layers, the limit of any model" in text
    assert "absent: no moments of the members were given" in text
    assert "of the limit at 5" in text


@pytest.mark.usefixtures("_undrawn")
def test_many_targets_are_folded_away(inputs):
    many = inputs.targets.loc[inputs.targets.index.repeat(5)]
    page = Page(render_report(dataclasses.replace(inputs, targets=many)))
    assert f"The other {len(many) - 10} targets" in words(page)


@pytest.mark.usefixtures("_undrawn")
def test_no_target_at_all(inputs):
    nothing = dataclasses.replace(
        inputs,
        targets=inputs.targets.iloc[:0],
        risk={**inputs.risk, "targets": {"selected": 0}},
    )
    assert "No target meets the conditions set for one." in words(Page(render_report(nothing)))


def test_the_report_says_what_undiscovered_deposits_change(page, inputs):
    words = " ".join(" ".join(page.text).split()).replace("\N{NO-BREAK SPACE}", " ")
    found = inputs.risk["undiscovered"]
    assert "Holds whatever the number: the order of the cells" in words
    assert "20 (assumed)" in words
    assert "Values in money rest on 20 undiscovered deposits" in words
    assert f"{found['table'][0]['paying_cells']:,.0f}" in words
    (figure,) = [shown for shown in page.all("figure") if shown["id"] == "figure-undiscovered"]
    assert figure


def test_a_capture_that_stays_is_said_once(inputs):
    table = [{**inputs.risk["undiscovered"]["table"][0], "capture": held} for held in (0.5, 0.4)]
    for rows, said in ((table, "goes from 50 % to 40 %."), (table[:1], "stays 50 %.")):
        shown = undiscovered_section({**inputs.risk["undiscovered"], "table": rows})["moves"]
        assert shown.replace("\N{NO-BREAK SPACE}", " ").endswith(f"in the top 5 % {said}")


def test_what_context_means_is_told_where_it_is_evidence(html, inputs):
    assert "with context" not in html
    models = inputs.metrics["models"]
    wider = {**models, "lightgbm_context": models["ensemble"]}
    shown = render_report(dataclasses.replace(inputs, metrics={**inputs.metrics, "models": wider}))
    assert "A model <em>with context</em> reads" in shown
    assert "What a layer adds holds what it shows around the target" in shown


@pytest.mark.usefixtures("_undrawn")
def test_on_a_few_deposits_that_are_all_found_nothing_looks_certain(inputs, oof):
    """Three deposits in the three most probable cells: every draw of them gives the same."""
    known = oof["probability"].rank(ascending=False) <= 3
    few = oof.assign(
        label=known.astype(np.int8),
        deposits=known.astype(np.int16),
        cluster=np.where(known, known.cumsum() - 1, -1),
    )
    found = evaluate(few, models=["probability", "baseline_lightgbm"], bootstrap=30)
    zone = {"area_share": 0.1, "captured": 3, "deposits": 3}
    zone["capture"] = {"value": 1.0, "low": 1.0, "high": 1.0}
    risk = inputs.risk | {"zones": {"fit": zone, "held_out": zone}}
    text = render_report(dataclasses.replace(inputs, metrics=found, risk=risk))
    told = words(Page(text)).replace("\N{NO-BREAK SPACE}", " ")
    said = told.split("Deposits that nobody")[0] + told.split("Scores, for the statistician")[1]

    assert "area (no interval: every draw of clusters gives the same)" in said
    assert "Whether the probabilities come true, 3 clusters of deposits cannot tell." in said
    assert "100 % none: every draw of clusters gives the same" in said
    assert "There are only 3 clusters of deposits" in told
    assert "Clusters of deposits: 3. Intervals over so few are rough" in said
    assert "clearly" not in told.split("Scores, for")[0]
    assert not re.findall(r"\b1(?:00 %)? to 1(?:00 %)?(?![\d.,])", said)
