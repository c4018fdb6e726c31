"""From a recipe to a signed release: commit, train, export, vote, certify."""
