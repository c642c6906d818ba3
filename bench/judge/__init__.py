"""The judge's benchmark: Teal beside other judges of canaries, in simulated worlds. No cloud is involved."""
