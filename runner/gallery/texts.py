"""What the faces say: three texts that ask for all a mouth can do in English."""

TEXTS = (
    "Papa, mama and Bob bought a big blue boat. Maybe Pam will map it.",
    "How do you do? We saw five very fine views, and moved slowly over the ocean.",
    "Yes, I see. This is the news: she keeps teaching each of us. Then, silence.",
)
"""Lips that close (p, b, m), lips that round and the teeth on the lip (o, u, w, f, v), spread lips and tongue with
pauses (ee, s, sh, th)."""
CLOSED_BY = ("p", "b", "m")
