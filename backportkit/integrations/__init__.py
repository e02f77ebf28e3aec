"""Support for particular frameworks: a module for each, which imports the framework when it is called."""
