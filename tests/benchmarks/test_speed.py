"""The benchmarks of speed run and print their ratios; the figures are for quiet machines."""

import re
import sys

import pytest

import prediction
import training

SMALL = {
    training: "--cells 4000 --bands 3 --members 1 --steps 10 --rounds 1",
    prediction: "--members 1 --bands 2 --cells 2500 --sampled 32 --draws 4 --rounds 1",
}


@pytest.mark.parametrize("benchmark", SMALL, ids=lambda module: module.__name__)
def test_ratios_of_one_run(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [benchmark.__file__, *SMALL[benchmark].split()])
    benchmark.main()
    ratios = re.findall(r"^.{40,58}\s+[\d.,]+\s+([\d.]+)$", capsys.readouterr().out, re.MULTILINE)
    assert len(ratios) >= 3
    assert float(ratios[0]) == 1.0
