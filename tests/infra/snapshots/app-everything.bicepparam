// Every option of Teal's own resources.
using '../../../infra/main.bicep'

param environmentName = 'trial'
param location = 'westeurope'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param workspaceRegion = 'northeurope'
param policies = 'delivery'
param instanceMemory = 4096
param alwaysReady = 2
param zoneRedundant = true
param tags = { owner: 'ml-platform' }
param logRetention = 90
param trustEasyAuth = true
param evidenceDays = 60
param historyDays = 365
param otherWorkspaces = [
  {
    id: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/east/providers/Microsoft.MachineLearningServices/workspaces/ml-east'
    region: 'eastus'
    endpoints: 'prices'
  }
]
param alertEmail = 'ml-oncall@example.com'
param appSettings = { FRAUD_FLOOR: '0.02', TEAL_WORKSPACE: 'cannot be overridden' }
