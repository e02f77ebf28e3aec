"""Tell which releases have a bug, and read what they have."""
