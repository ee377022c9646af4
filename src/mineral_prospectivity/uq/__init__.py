"""What is not known of a cell: decomposition, intervals, calibration and novelty."""
