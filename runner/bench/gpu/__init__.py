"""`runner bench gpu`: InfiniteTalk at full size with random weights, measured against the card's own limit."""
