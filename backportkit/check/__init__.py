"""Judge patches without importing what they patch: offline, from metadata and source."""
