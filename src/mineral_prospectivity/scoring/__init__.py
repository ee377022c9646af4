"""Scores of probabilities against labels and deposits, with intervals and baselines."""
