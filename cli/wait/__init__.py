"""`teal wait`: follow the rollout of a registered version until it has ended, for scripts and pipelines.

Reads the HTTP API and changes nothing. A command may wait; Teal's functions never do.
"""
