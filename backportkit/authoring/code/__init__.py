"""Make the code of a patch of what upstream has."""
