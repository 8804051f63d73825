"""The sample chat that `make demo` imports, written for this project: an invented team, its product and its customers.

`chat.json` is a Telegram Desktop export of one forum group (eight people and a deploy bot, twelve days, local time of
Europe/Berlin), and it goes through the same importer as any other export. `expected.json` says what a careful reader
finds in it, by message id: subjects; problems with their duplicates (the same defect, reported again in other words)
and the messages that explain the solution (null: still open); decisions, and the one that was reversed; questions with
their answers; requirements, blockers, risks, ideas, insights, actions; and chatter, the messages without any subject.
"""
