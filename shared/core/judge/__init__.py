"""The statistics: evidence from counts, minute by minute. State in, minute in, state and verdict out; nothing else."""
