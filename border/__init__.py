"""What comes from outside: numbers, texts and answers, each with its bounds."""
