"""What is claimed, and why it holds: threats, smoothings, votes and their bounds.

Pure: bytes and integers in, integers and rationals out. The rules here are the deployed
classifier as well as its certificate; ``docs/guarantee.md`` states and proves every bound.
"""
