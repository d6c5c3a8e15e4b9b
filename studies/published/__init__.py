"""Published figures, made again through the estimators of this package: see docs/published.md."""
