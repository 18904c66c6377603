"""InfiniteTalk between OnAir Window and OnAir Segment: conditioning of one window, and colours that do not drift."""
