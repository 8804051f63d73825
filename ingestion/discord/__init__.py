"""Discord's side of the database and its REST API; the gateway's wire is `tasktracker.discord_gateway`."""
