"""Azure Monitor: the traffic log with Log Analytics, which answers KQL over it, and platform metrics."""
