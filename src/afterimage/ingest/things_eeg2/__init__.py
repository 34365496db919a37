"""THINGS-EEG2 as released."""
