"""Fixed front ends: graphs that no training example can influence, between views and members."""
