// Every option of the permissions on the workspace.
using '../../../infra/workspace.bicep'

param environmentName = 'trial'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param principalId = '22222222-2222-2222-2222-222222222222'
param logsId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.OperationalInsights/workspaces/log-teal'
param endpoints = 'churn, fraud,'
param templates = true
param readsMetrics = true
param readsQuota = true
param readsPredictions = true
