"""What commands put out: how they end, in which forms they print, and messages in the words of the command line."""
