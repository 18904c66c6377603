"""Group nodes, which files had before there were subgraphs."""
