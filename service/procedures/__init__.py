"""A stored procedure: taken in, analysed in the background, answered."""
