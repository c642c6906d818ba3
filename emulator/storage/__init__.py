"""Azure Storage: Microsoft's own emulator, Azurite, installed with pinned dependencies and run as a child process."""
