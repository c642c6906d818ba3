"""Event Grid with one subscription: delivers events to a function host's webhook as Azure does, or worse on request.

Delivery is at least once and unordered: each event is delivered on its own, is retried on Azure's schedule in virtual
time, and becomes a dead letter after a 400, 401, 403 or 413, after too many attempts, or when its time to live is over.
As in Azure, an event published while nobody is subscribed is dropped. Not emulated: filters, batches, and delayed
delivery to an endpoint that keeps failing.
"""
