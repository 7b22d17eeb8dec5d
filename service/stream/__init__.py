"""``sonoplace stream``: where frames come from, how they are fed to a live session, and the command."""
