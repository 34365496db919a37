"""A simulated brain that looks at simulated pictures."""
