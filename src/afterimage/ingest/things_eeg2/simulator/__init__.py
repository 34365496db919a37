"""Files of THINGS-EEG2, simulated."""
