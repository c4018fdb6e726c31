"""The vectors by theme; importing a theme lists its vectors."""
