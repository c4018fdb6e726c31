"""Real backdoors, planted in the real data: the falsification test of a certificate.

An attack that fails proves nothing. One that flips an input within a certified budget would prove
that something is wrong: the bound, its implementation, or the release.
"""
