"""Files of the Natural Scenes Dataset, simulated."""
