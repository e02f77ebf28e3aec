"""Find the patches that people wrote by hand, and tell which of them are dead."""
