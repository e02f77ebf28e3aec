"""Read code without running it."""
