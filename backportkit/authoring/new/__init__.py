"""Draft a patch of a fix that upstream has."""
