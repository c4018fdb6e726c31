"""Outside witnesses: a time-stamping authority (RFC 3161) and a public randomness beacon (drand).

Files in, values of ``auditor.verify.witness`` out; nothing here opens a connection. Both need the
extra ``witness``.
"""
