"""How others write spans down: bytes in, columns out. Files of the Collector, OTLP requests, Jaeger, Zipkin."""
