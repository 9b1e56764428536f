"""What a trained model says, held against its rows: as a whole, in pictures, and of each input that is asked."""
