"""The judges that are compared, one module each, implemented from their documentation or source."""
