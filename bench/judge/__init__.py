"""The judge's benchmark: Teal beside other judges of canaries, in simulated worlds. It must never touch a cloud."""
