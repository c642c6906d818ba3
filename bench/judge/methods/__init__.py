"""The judges that are compared, one file each, from their documented algorithms."""
