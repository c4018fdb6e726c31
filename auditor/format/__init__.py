"""What is on disk: bytes to values and back, with no opinion about whom to trust."""
