"""What runs in the environments of other tools; nothing but `serve` can be imported here."""
