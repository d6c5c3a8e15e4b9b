"""Charts as SVG, drawn in Python: the same numbers give the same bytes; colours are the page's, light or dark."""
