"""Alias of `shared.core.telemetry.latency_buckets`, kept for scripts that use the old name."""

from shared.core.telemetry.latency_buckets import bucket, buckets_of, edge, quantile, slower

__all__ = ["bucket", "buckets_of", "edge", "quantile", "slower"]
