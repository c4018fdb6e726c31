"""The page that checks certificates in a browser, around the second verifier."""
