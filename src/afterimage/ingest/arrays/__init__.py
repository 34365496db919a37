"""Recordings that a file of YAML describes."""
