"""Write what belongs to a project."""
