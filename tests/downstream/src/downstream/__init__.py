"""A project that is pinned to a release with a known bug."""
