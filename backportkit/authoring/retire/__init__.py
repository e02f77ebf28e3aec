"""Take patches that nobody needs any more out of a project."""
