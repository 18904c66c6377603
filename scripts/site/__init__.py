"""What makes the documentation: the site's generated pages, and the pictures that are committed."""
