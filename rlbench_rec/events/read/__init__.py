"""Lines and rows -> typed rows, kept or set aside, cut into sessions, in DuckDB."""
