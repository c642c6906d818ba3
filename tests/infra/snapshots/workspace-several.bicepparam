// Three further workspaces: in the same resource group, in another one, and in another subscription with its own logs.
using '../../../infra/workspace.bicep'

param environmentName = 'trial'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param principalId = '22222222-2222-2222-2222-222222222222'
param logsId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.OperationalInsights/workspaces/log-teal'
param endpoints = 'churn'
param readsMetrics = true
param otherWorkspaces = [
  {
    id: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/ml-test'
    region: 'northeurope'
  }
  {
    id: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ml-north/providers/Microsoft.MachineLearningServices/workspaces/ml-north'
    region: 'northeurope'
    endpoints: 'churn,fraud'
  }
  {
    id: '/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/ml-east'
    region: 'eastus'
    endpoints: 'prices'
    logs_workspace_id: '44444444-4444-4444-4444-444444444444'
    logs_id: '/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/central/providers/Microsoft.OperationalInsights/workspaces/company-logs'
  }
]
