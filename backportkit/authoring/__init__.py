"""Write patches into a project, from upstream's releases and changes."""
