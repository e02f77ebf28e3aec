"""Ask package indexes for releases, through uv."""
