"""Alias of `shared.core.gates.latency`, kept for scripts that use the old name."""

from shared.core.gates.latency import bucket, buckets_of, edge, quantile, slower

__all__ = ["bucket", "buckets_of", "edge", "quantile", "slower"]
