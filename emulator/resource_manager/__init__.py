"""Azure Resource Manager for Machine Learning: workspaces, assets, datastores, online endpoints and deployments."""
