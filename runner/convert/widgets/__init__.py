"""What the editor makes of a class's inputs: definitions read, widgets made, texts and numbers as it treats them."""
