"""What an opened workflow is made of: nodes, slots, widgets, links and levels. It knows no class of node."""
