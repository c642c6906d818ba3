// Two further workspaces: in another resource group, and in another subscription with a system topic of its own.
using '../../../infra/events.bicep'

param environmentName = 'trial'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param workspaceRegion = 'northeurope'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.Web/sites/func-teal'
param storageId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.Storage/storageAccounts/stteal'
param deadLetterContainer = 'dead-letters'
param codeDeployed = true
param otherWorkspaces = [
  {
    id: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ml-north/providers/Microsoft.MachineLearningServices/workspaces/ml-north'
    region: 'northeurope'
  }
  {
    id: '/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/ml-east'
    region: 'eastus'
    system_topic: 'company-topic'
  }
]
param tags = { owner: 'ml-platform' }
