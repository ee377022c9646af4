"""Grids, evidence layers on one grid, distances, derivatives and their quality."""
