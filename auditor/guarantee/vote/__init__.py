"""How members and views combine into one label, and what the votes prove."""
