"""SQL that asks of spans, for DuckDB over the files of a span store and for ClickHouse over the Collector's table.

Both are asked the same statements (`statements`); what differs is how a column is said (`duckdb`, `clickhouse`). What a
user wrote is always a bound value and never part of the text.
"""
