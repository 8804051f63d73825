"""Webhooks in: what comes is verified on its raw bytes, stored raw, and answered; a worker makes messages of it."""
