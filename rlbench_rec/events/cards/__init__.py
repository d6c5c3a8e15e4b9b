"""What is known of a data set: cards, what they say of files and columns, and finding them."""
