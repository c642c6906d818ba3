"""Scripts in the manner of Azure ML's public notebooks for online endpoints; none of them knows about the emulator."""
