"""What a page says, as plain values that JSON holds: each part is gathered apart from how it is drawn."""
