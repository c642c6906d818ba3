"""The compared judges, one module each, implemented from their documentation or source."""
