"""Apply and undo patches in this process."""
