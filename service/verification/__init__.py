"""Is what is kept what was recorded, and does it come out the same again?"""
