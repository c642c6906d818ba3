"""A small Azure on 127.0.0.1 behind Azure's host names. It imports nothing from Teal, so it cannot share its bugs."""
