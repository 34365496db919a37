"""THINGS-MEG, as published or as simulated in the same layout."""
