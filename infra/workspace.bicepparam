// Every value comes from the azd environment: the outputs of main.bicep, and what the operator has set (those with defaults).
using './workspace.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param workspaceName = readEnvironmentVariable('TEAL_WORKSPACE')
param workspaceResourceGroup = readEnvironmentVariable('TEAL_RESOURCE_GROUP')
param principalId = readEnvironmentVariable('TEAL_PRINCIPAL_ID')
param logsId = readEnvironmentVariable('TEAL_LOGS_ID')
param endpoints = readEnvironmentVariable('TEAL_ENDPOINTS', '')
param templates = bool(readEnvironmentVariable('TEAL_TEMPLATES', 'false'))
param readsMetrics = bool(readEnvironmentVariable('TEAL_READS_METRICS', 'false'))
param readsQuota = bool(readEnvironmentVariable('TEAL_READS_QUOTA', 'false'))
param readsPredictions = bool(readEnvironmentVariable('TEAL_READS_PREDICTIONS', 'false'))
param otherWorkspaces = json(readEnvironmentVariable('TEAL_WORKSPACES', '[]'))
