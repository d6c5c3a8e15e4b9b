"""What is known of a data set or a task: for people in Markdown, for machines in Croissant."""
