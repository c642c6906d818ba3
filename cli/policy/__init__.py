"""`teal policy`: what is wrong in policy files, what a policy will do, and what an editor needs. It changes nothing.

It never talks to Azure or to a running Teal: files and the shipped judge are all that it looks at.
"""
