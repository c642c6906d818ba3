"""From a record and an observation to the next record and the actions that follow."""
