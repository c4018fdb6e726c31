"""What a relying party does beyond arithmetic: cast votes again, and train members again."""
