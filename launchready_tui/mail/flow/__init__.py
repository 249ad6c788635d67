"""The product's own mails: sent with consent, found in a test mailbox, judged; and what refusals mean."""
