"""The Telegram Mini App at /tg/: the review desk and one's tasks, inside Telegram."""
