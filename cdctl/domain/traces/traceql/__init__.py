"""TraceQL's spanset filters, the one query language for spans: `{ resource.service.name = "api" && duration > 5s }`.

https://grafana.com/docs/tempo/latest/traceql/. `parser.parse` reads one; what a filter may say is in `tree`.
"""
