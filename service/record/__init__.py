"""What people add to a procedure: the record, follow-ups and reviews; all of it coded, none of it ever overwritten."""
