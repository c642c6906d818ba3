"""The command line: the demo and the development host."""
