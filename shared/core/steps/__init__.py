"""What happens within a step of a policy."""
