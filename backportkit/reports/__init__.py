"""Tell what became of the patches in a process, and in a fleet of them."""
