"""Tell when a module has loaded."""
