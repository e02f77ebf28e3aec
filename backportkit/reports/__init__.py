"""Report the patches of a process, and of a fleet of processes."""
