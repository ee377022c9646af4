"""Stacked networks are many plain ones."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from mineral_prospectivity.vae.networks import LOG_VARIANCE_LIMITS, StackedLinear, StackedVae


@pytest.fixture
def network() -> StackedVae:
    network = StackedVae(3, inputs=7, bands=5, hidden=6, latent=2)
    network.initialise([np.random.default_rng(seed) for seed in range(3)])
    return network


def plain(sequence, number):
    """Return one fit's perceptron, made of PyTorch's own layers."""
    modules = []
    for module in sequence:
        if isinstance(module, StackedLinear):
            linear = nn.Linear(module.weight.shape[2], module.weight.shape[1])
            linear.weight.data = module.weight.data[number]
            linear.bias.data = module.bias.data[number, 0]
            modules.append(linear)
        else:
            modules.append(module)
    return nn.Sequential(*modules)


def test_a_stack_computes_what_plain_networks_compute(network):
    inputs, latent = torch.randn(3, 11, 7), torch.randn(3, 11, 2)
    posterior, decoded = network.encode(inputs), network.decode(latent)
    for number in range(3):
        mean, log_variance = plain(network.encoder, number)(inputs[number]).chunk(2, dim=1)
        torch.testing.assert_close(posterior.mean[number], mean)
        torch.testing.assert_close(
            posterior.log_variance[number], log_variance.clamp(*LOG_VARIANCE_LIMITS)
        )
        torch.testing.assert_close(decoded[number], plain(network.decoder, number)(latent[number]))


def test_rows_that_all_fits_share_are_given_once(network):
    inputs = torch.randn(1, 11, 7)
    shared, repeated = network.encode(inputs), network.encode(inputs.expand(3, -1, -1))
    torch.testing.assert_close(shared.mean, repeated.mean)
    torch.testing.assert_close(shared.log_variance, repeated.log_variance)


def test_the_training_head_is_linear(network):
    latent = torch.randn(3, 4, 2)
    weight, bias = network.classifier.weight, network.classifier.bias
    expected = (latent * weight).sum(dim=2) + bias[:, :, 0]
    torch.testing.assert_close(network.classify(latent), expected)


def test_weights_come_from_each_fit_s_own_generator(network):
    alone = StackedVae(1, inputs=7, bands=5, hidden=6, latent=2)
    alone.initialise([np.random.default_rng(1)])
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor[1], alone.state_dict()[name][0])


def test_fits_can_be_taken_out(network):
    taken = network.take([2, 0])
    inputs = torch.randn(1, 4, 7)
    torch.testing.assert_close(taken.encode(inputs).mean, network.encode(inputs).mean[[2, 0]])


def test_the_library_runs_without_raster_libraries():
    code = (
        "import sys; import mineral_prospectivity.vae.train, mineral_prospectivity.vae.ensemble; "
        "print({'rasterio', 'odc', 'kedro', 'geopandas'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


def test_settings_are_imported_without_torch():
    code = "import sys; import mineral_prospectivity.vae.settings; print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
