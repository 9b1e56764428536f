"""What every printed and saved form is read and written with: a scanner of texts, and records as JSON values."""
