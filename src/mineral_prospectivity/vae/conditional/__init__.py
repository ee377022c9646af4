"""The label-conditional autoencoder, and realisations of the map from data that it generates."""
