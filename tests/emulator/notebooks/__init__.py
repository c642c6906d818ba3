"""Scripts modelled on Azure ML's public notebooks for online endpoints; none of them knows about the emulator."""
