"""The parts of a policy file other than its steps and gates, and the files beside it: their keys and checks."""
