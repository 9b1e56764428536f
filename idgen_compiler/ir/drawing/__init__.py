"""Programs as drawings: what flows into what, and the languages in which it is drawn."""
