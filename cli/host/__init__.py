"""The development host: runs the functions of an Azure Functions app on this machine, without Core Tools.

It does what the Functions host does around user code: triggers, bindings, keys, validation. It knows nothing about the
app it runs, and is never more lenient than the real host.
"""
