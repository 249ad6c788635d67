"""Outside systems that are read: access and application logs, job queues."""
