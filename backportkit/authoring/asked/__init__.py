"""Read what a user asks for: the change of upstream that a patch is to bring."""
