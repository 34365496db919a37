"""Writes simulated recordings in the published layout of THINGS-MEG."""
