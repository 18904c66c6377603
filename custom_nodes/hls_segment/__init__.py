"""The pack around OnAirSegment and OnAirIdle: requests, states, sidecars and idle loops."""
