"""What a checked release says, in words and pictures; reads nothing that was not verified."""
