"""Arm the patches of an environment in every process of it."""
