"""The daily audit: finds what no event and no rollout handles. Each finding is reported, and acted on by policy."""
