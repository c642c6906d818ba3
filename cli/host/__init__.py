"""The development host: runs the functions of an Azure Functions app on this machine, without Core Tools.

It does what the Functions host does around user code: triggers, bindings, keys, refusals. It must never know what the
app is about, and never be lenient where the real host is not.
"""
