"""The judge's benchmark: compares Teal with other canary judges in simulated worlds. No cloud is involved."""
