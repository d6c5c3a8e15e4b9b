"""Known shops, their choice logs, and what a calibration to these says of them."""
