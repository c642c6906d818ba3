"""Azure Monitor's side: the traffic log that the gateway writes, and Log Analytics that answers KQL over it."""
