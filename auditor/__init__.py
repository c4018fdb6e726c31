"""Signed certificates of how much poisoning a classifier's predictions survive."""
