"""The themes list vectors where they are imported, which is to happen once."""

collect_ignore_glob = ["themes/*"]
