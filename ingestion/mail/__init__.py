"""Mailboxes that are read by IMAP."""
