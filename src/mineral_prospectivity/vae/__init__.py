"""The joint variational autoencoder with its Gaussian-process head, trained as one stack."""
