"""Azure Storage: Azurite, Microsoft's own emulator, installed with pinned dependencies and run as a child process."""
