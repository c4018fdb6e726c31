"""The training side: how a member's data is randomised or split. One method a file."""
