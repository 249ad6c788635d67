"""Mail: what a domain publishes (auth), test mailboxes (box), the product's own mails sent and judged (flow)."""
