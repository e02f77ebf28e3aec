"""Tell others which components are patched, and which vulnerabilities that resolves: SBOM and VEX documents."""
