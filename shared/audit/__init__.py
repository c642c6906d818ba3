"""The daily audit: what no event and no rollout takes care of. Each finding is reported, and acted on by policy."""
