"""Support particular frameworks, each by a module of its own."""
