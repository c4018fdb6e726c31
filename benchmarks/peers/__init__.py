"""Published certificates beside ours, on the same votes where the method allows it."""
