"""`teal verify`: a small rollout by the app's adapters in a real subscription, reported by row of docs/fidelity.md.

It creates its own endpoint, table and queue, and removes them whatever happens. A command may wait; Teal's functions
never do.
"""
