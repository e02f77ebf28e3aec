"""The patches that backportkit ships: a folder for each upstream package, a module for each fix."""
