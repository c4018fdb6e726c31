"""The test side: what a member is shown of an input. One method a file."""
