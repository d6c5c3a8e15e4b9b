"""What the shops are made of: items, draws, rankings, states read back, functions on a grid."""
