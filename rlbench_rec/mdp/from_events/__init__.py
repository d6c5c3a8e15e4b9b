"""What an EventLog's rows say, as numbers: ids, what was known, and what each event was worth."""
