"""The keys and checks of policy files, except those of steps and gates, and of the files next to them."""
