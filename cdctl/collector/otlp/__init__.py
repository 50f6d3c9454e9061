"""Taking spans in by OTLP, over HTTP and gRPC: bounded, and acknowledged when they are kept."""
