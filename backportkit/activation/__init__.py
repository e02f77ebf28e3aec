"""Activate an environment: arm its patches in each of its processes."""
