"""Of figures, for those who draw them and those who only place them: without matplotlib."""

# Dots per inch.
DPI = 180
