"""A small Azure on 127.0.0.1, behind the real host names. Imports nothing of Teal, so it cannot share its mistakes."""
