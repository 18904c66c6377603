"""A pure media library: ticks, H.264 recipe, access units, AAC, fMP4, playlists, timeline, check. No clock inside."""
