"""Spans on disk: hourly Parquet partitions with a manifest, and DuckDB to ask them."""
