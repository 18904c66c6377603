"""A gallery of faces: each says the same texts through the whole chain; sheets, clips and how well its lips follow."""
